package dev.atlas.it.sim.byzantine;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** Twins whose messages of ordering go by {@link Routes}. Each hears clients of its own, so that as primaries they have different things to propose. */
public final class RoutedTwins implements Twins.Rule {

    private static final int TWINS = 2;

    private final int number;
    private final int replicas;
    private final Routes routes;
    private final Map<NodeId, Integer> clients = new HashMap<>();

    /**
     * @param number of the doubled replica, which its first half keeps
     * @param replicas n, the number of its second half
     */
    public RoutedTwins(int number, int replicas, Routes routes) {
        this.number = number;
        this.replicas = replicas;
        this.routes = routes;
    }

    private int instance(int twin) {
        return twin == 0 ? number : replicas;
    }

    @Override
    public boolean speaks(int twin, NodeId to, ModuleId module, ByteBuffer payload) {
        return !(to instanceof ReplicaId peer)
                || module != ModuleId.PROTOCOL
                || peer.number() == number
                || passes(instance(twin), peer.number(), payload);
    }

    @Override
    public boolean hears(int twin, NodeId from, ModuleId module, ByteBuffer payload) {
        if (!(from instanceof ReplicaId peer)) {
            return clients.computeIfAbsent(from, unused -> clients.size() % TWINS) == twin;
        }
        return module != ModuleId.PROTOCOL || peer.number() == number || passes(peer.number(), instance(twin), payload);
    }

    private boolean passes(int from, int to, ByteBuffer payload) {
        return !(OrderingCodec.decode(payload.duplicate())
                        instanceof Decoded.Value<OrderingMessage>(OrderingMessage message))
                || routes.passes(from, to, message);
    }
}
