package dev.atlas.it.sim.crypto;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.RandomSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A scheme that checks the same signature under the same message only once: in a simulation all receivers of it are in one process, and checking is most of what a
 * real signature costs. Owned by one thread at a time.
 */
public final class RememberingScheme implements SignatureScheme {

    private static final int MOST = 4_096;

    private final SignatureScheme real;

    /** By a hash of key, message and signature. */
    private final Map<Digest, Boolean> verdicts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, Boolean> eldest) {
            return size() > MOST;
        }
    };

    public RememberingScheme(SignatureScheme real) {
        this.real = real;
    }

    @Override
    public KeyPair generate(RandomSource random) {
        return real.generate(random);
    }

    @Override
    public KeyPair fromSecret(byte[] secret) {
        return real.fromSecret(secret);
    }

    @Override
    public Verifier verifier(PublicKey key) {
        Verifier verifier = real.verifier(key);
        byte[] encoded = key.encoded();
        return (message, signature) -> {
            Digest question = new Hasher()
                    .update(encoded.length)
                    .update(encoded)
                    .update(message.length)
                    .update(message)
                    .update(signature)
                    .digest();
            Boolean known = verdicts.get(question);
            boolean verdict = known != null ? known : verifier.verify(message, signature);
            verdicts.put(question, verdict);
            return verdict;
        };
    }
}
