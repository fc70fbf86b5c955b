package dev.atlas.core.crypto;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;

/**
 * A replica's signed message as decoded, its signature not checked.
 *
 * @param signer who claims to have signed it
 * @param content decoded from {@code payload}
 * @param payload the exact bytes that were signed
 * @param hash SHA-256 of the payload: names the message (NEW-VIEW lists VIEW-CHANGEs by it)
 */
public record Signed<M extends Signable>(
        ReplicaId signer, M content, ByteString payload, ByteString signature, Digest hash) {}
