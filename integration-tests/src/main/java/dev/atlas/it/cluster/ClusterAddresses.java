package dev.atlas.it.cluster;

import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.ReplicaId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** Where the replicas of a cluster listen; addresses become known as they start. Thread-safe. */
final class ClusterAddresses implements NetworkInformation {

    private final Map<ReplicaId, NodeInfo> nodes = new ConcurrentSkipListMap<>();

    ClusterAddresses(List<NodeInfo> withoutAddresses) {
        withoutAddresses.forEach(node -> nodes.put(node.id(), node));
    }

    void listening(ReplicaId id, List<NodeAddress> addresses) {
        nodes.computeIfPresent(id, (known, node) -> new NodeInfo(id, node.kind(), node.publicKey(), addresses));
    }

    @Override
    public Optional<NodeInfo> node(ReplicaId id) {
        return Optional.ofNullable(nodes.get(id));
    }

    @Override
    public List<NodeInfo> nodes() {
        return List.copyOf(nodes.values());
    }
}
