package dev.atlas.net.identity;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A fixed set of nodes. Immutable. */
public final class StaticNetworkInformation implements NetworkInformation {

    private final Map<ReplicaId, NodeInfo> nodes;

    /**
     * @throws IllegalArgumentException if an id or a key appears twice
     */
    public StaticNetworkInformation(List<NodeInfo> nodes) {
        TreeMap<ReplicaId, NodeInfo> byId = new TreeMap<>();
        for (NodeInfo node : nodes) {
            if (byId.put(node.id(), node) != null) {
                throw new IllegalArgumentException("two nodes named " + node.id());
            }
        }
        long keys = nodes.stream().map(NodeInfo::publicKey).distinct().count();
        if (keys != nodes.size()) {
            throw new IllegalArgumentException("two nodes share a public key: each needs its own");
        }
        this.nodes = byId;
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
