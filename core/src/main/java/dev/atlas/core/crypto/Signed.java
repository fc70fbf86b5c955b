package dev.atlas.core.crypto;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ReplicaId;

/**
 * A replica's signed message as decoded, its signature not checked.
 *
 * @param signer who claims to have signed it
 * @param content decoded from {@code payload}
 * @param payload the exact bytes that were signed
 * @param hash of signer and payload: names the message (NEW-VIEW lists VIEW-CHANGEs by it); without the signer, replicas that say the same
 *     would have one name
 */
public record Signed<M extends Signable>(
        ReplicaId signer, M content, ByteString payload, ByteString signature, Digest hash) {

    /** Computes the hash. */
    public static <M extends Signable> Signed<M> of(
            ReplicaId signer, M content, ByteString payload, ByteString signature) {
        Digest hash = new Hasher()
                .update((long) signer.number())
                .update(payload.asReadOnlyByteBuffer())
                .digest();
        return new Signed<>(signer, content, payload, signature, hash);
    }
}
