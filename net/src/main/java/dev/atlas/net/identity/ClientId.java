package dev.atlas.net.identity;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A client's id: the SHA-256 hash of its encoded public key, so that checking who signed a bundle needs no registry.
 *
 * @param keyHash hash of {@link dev.atlas.net.crypto.PublicKey#encoded}
 */
public record ClientId(Digest keyHash) implements NodeId, Comparable<ClientId> {

    /** The id of whoever owns this key. */
    public static ClientId of(PublicKey key) {
        try {
            return new ClientId(Digest.of(MessageDigest.getInstance("SHA-256").digest(key.encoded())));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public int compareTo(ClientId other) {
        return keyHash.compareTo(other.keyHash);
    }

    @Override
    public String toString() {
        return "client-" + keyHash.shortHex();
    }
}
