package dev.atlas.it.sim.crypto;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.RandomSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Signs with a hash over secret and message, three hundred times faster than Ed25519. The scheme itself knows every secret, which is how it
 * verifies, so it proves nothing outside one process. A public key is the hash of its secret. Owned by one thread at a time.
 */
public final class KeyedHashScheme implements SignatureScheme {

    private static final int SECRET_BYTES = 32;

    private final Map<PublicKey, byte[]> secrets = new HashMap<>();

    @Override
    public KeyPair generate(RandomSource random) {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return fromSecret(secret);
    }

    @Override
    public KeyPair fromSecret(byte[] secret) {
        byte[] kept = secret.clone();
        PublicKey key = new PublicKey(Hasher.hash(kept).toBytes());
        secrets.put(key, kept);
        return new KeyPair() {
            @Override
            public PublicKey publicKey() {
                return key;
            }

            @Override
            public byte[] secret() {
                return kept.clone();
            }

            @Override
            public byte[] sign(byte[] message) {
                return KeyedHashScheme.sign(kept, message);
            }
        };
    }

    @Override
    public Verifier verifier(PublicKey key) {
        byte @Nullable [] secret = secrets.get(key);
        if (secret == null) {
            throw new IllegalArgumentException("nobody has this key: " + key);
        }
        return (message, signature) -> Arrays.equals(sign(secret, message), signature);
    }

    private static byte[] sign(byte[] secret, byte[] message) {
        Digest signature = new Hasher().update(secret).update(message).digest();
        return signature.toBytes();
    }
}
