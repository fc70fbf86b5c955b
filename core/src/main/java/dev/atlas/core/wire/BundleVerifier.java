package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Checks clients' signatures; about 80 µs each, so on the compute pool. Remembers prepared keys of the clients seen last. */
public final class BundleVerifier {

    private static final int KEYS = 4096;

    private final SignatureScheme scheme;
    private final ByteString clusterId;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}; least recently used first. */
    private final Map<PublicKey, SignatureScheme.Verifier> prepared = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PublicKey, SignatureScheme.Verifier> eldest) {
            return size() > KEYS;
        }
    };

    public BundleVerifier(SignatureScheme scheme, String clusterId) {
        this.scheme = scheme;
        this.clusterId = ByteString.copyFromUtf8(clusterId);
    }

    /** Whether the bundle's key signed exactly its payload, for this cluster. */
    public boolean verify(RequestBundle bundle) {
        try {
            var sealed = dev.atlas.protos.messages.RequestBundle.parseFrom(bundle.envelope());
            return verifier(bundle.clientKey())
                    .verify(
                            SigningDomain.REQUEST_BUNDLE.message(clusterId, sealed.getPayload()),
                            sealed.getSignature().toByteArray());
        } catch (InvalidProtocolBufferException | IllegalArgumentException notSigned) {
            return false; // no envelope, or no key of this scheme
        }
    }

    private SignatureScheme.Verifier verifier(PublicKey key) {
        lock.lock();
        try {
            SignatureScheme.Verifier known = prepared.get(key);
            if (known != null) {
                return known;
            }
        } finally {
            lock.unlock();
        }
        SignatureScheme.Verifier fresh = scheme.verifier(key);
        lock.lock();
        try {
            prepared.put(key, fresh);
            return fresh;
        } finally {
            lock.unlock();
        }
    }
}
