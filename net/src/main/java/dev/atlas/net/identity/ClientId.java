package dev.atlas.net.identity;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;

/**
 * A client's id: the SHA-256 hash of its encoded public key, so that checking who signed a bundle needs no registry.
 *
 * @param keyHash hash of {@link dev.atlas.net.crypto.PublicKey#encoded}
 */
public record ClientId(Digest keyHash) implements NodeId, Comparable<ClientId> {

    /** The id of whoever owns {@code key}. */
    public static ClientId of(PublicKey key) {
        return new ClientId(Hasher.hash(key.encoded()));
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
