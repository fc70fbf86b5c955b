package dev.atlas.net.handshake;

import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import java.nio.charset.StandardCharsets;

/**
 * Who this node is.
 *
 * @param clusterId names the cluster, 1 to {@value #MAX_CLUSTER_ID_BYTES} bytes of UTF-8; nodes of different clusters never connect
 */
public record LocalIdentity(String clusterId, NodeId id, NodeKind kind, SignatureScheme scheme, KeyPair keyPair) {

    /** Bound on the cluster's name. */
    public static final int MAX_CLUSTER_ID_BYTES = 64;

    public LocalIdentity {
        int bytes = clusterId.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > MAX_CLUSTER_ID_BYTES) {
            throw new IllegalArgumentException(
                    "a cluster id has 1 to " + MAX_CLUSTER_ID_BYTES + " bytes, not " + bytes);
        }
        switch (id) {
            case ReplicaId replica -> {
                if (kind == NodeKind.CLIENT) {
                    throw new IllegalArgumentException(replica + " cannot be a client");
                }
            }
            case ClientId client -> {
                if (kind != NodeKind.CLIENT || !client.equals(ClientId.of(keyPair.publicKey()))) {
                    throw new IllegalArgumentException(client + " is not the id of a client with this key");
                }
            }
        }
    }

    public static LocalIdentity replica(String clusterId, ReplicaId id, SignatureScheme scheme, KeyPair keyPair) {
        return new LocalIdentity(clusterId, id, NodeKind.REPLICA, scheme, keyPair);
    }

    public static LocalIdentity client(String clusterId, SignatureScheme scheme, KeyPair keyPair) {
        return new LocalIdentity(clusterId, ClientId.of(keyPair.publicKey()), NodeKind.CLIENT, scheme, keyPair);
    }
}
