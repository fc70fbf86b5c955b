package dev.atlas.net.identity;

import dev.atlas.net.crypto.PublicKey;
import java.util.List;

/**
 * What must be known of a replica or follower to connect to it and to recognise it.
 *
 * @param addresses where it listens, in order of preference
 */
public record NodeInfo(ReplicaId id, NodeKind kind, PublicKey publicKey, List<NodeAddress> addresses) {

    public NodeInfo {
        if (kind == NodeKind.CLIENT) {
            throw new IllegalArgumentException("clients are not registered: a client's id is the hash of its key");
        }
        addresses = List.copyOf(addresses);
    }
}
