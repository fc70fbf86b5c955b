package dev.atlas.net.connection;

import dev.atlas.net.frame.FrameLimits;
import dev.atlas.net.frame.OutgoingFrame;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Predicate;

/** One module's way out: to a peer's pinned connection, or to this node's own loopback. Thread-safe. */
final class ModuleSender implements OutgoingStub {

    private final ModuleId module;
    private final NodeId self;
    private final Peers peers;
    private final OutgoingQueue loopback;
    private final NetworkCounters counters;
    private final int limitToMember;
    private final int limitToClient;

    ModuleSender(
            ModuleId module,
            NodeId self,
            NodeKind selfKind,
            NetworkConfig config,
            Peers peers,
            OutgoingQueue loopback,
            NetworkCounters counters) {
        this.module = module;
        this.self = self;
        this.peers = peers;
        this.loopback = loopback;
        this.counters = counters;
        FrameLimits toMember = config.limits().between(selfKind, NodeKind.REPLICA);
        FrameLimits toClient = config.limits().between(selfKind, NodeKind.CLIENT);
        this.limitToMember = toMember.bytes(module);
        this.limitToClient = toClient.bytes(module);
    }

    @Override
    public boolean send(NodeId to, ByteBuffer payload) {
        return send(to, OutgoingFrame.of(module, payload));
    }

    private boolean send(NodeId to, OutgoingFrame frame) {
        return offer(to, frame, queue -> queue.offer(module, frame));
    }

    @Override
    public void broadcast(Collection<? extends NodeId> to, ByteBuffer payload) {
        OutgoingFrame frame = OutgoingFrame.of(module, payload);
        for (NodeId peer : to) {
            send(peer, frame);
        }
    }

    @Override
    public boolean sendNewest(NodeId to, int slot, ByteBuffer payload) {
        OutgoingFrame frame = OutgoingFrame.of(module, payload);
        return offer(to, frame, queue -> queue.offerNewest(module, slot, frame));
    }

    @Override
    public long waiting(NodeId to) {
        return queue(to).map(queue -> queue.bytes(module)).orElse(0L);
    }

    private boolean offer(NodeId to, OutgoingFrame frame, Predicate<OutgoingQueue> enqueue) {
        boolean sent = frame.payload().remaining() <= limit(to)
                && queue(to).filter(enqueue).isPresent();
        if (!sent) {
            counters.dropped(module);
        }
        return sent;
    }

    private int limit(NodeId to) {
        return switch (to) {
            case ReplicaId member -> limitToMember;
            case ClientId client -> limitToClient;
        };
    }

    private Optional<OutgoingQueue> queue(NodeId to) {
        return to.equals(self) ? Optional.of(loopback) : peers.pick(to, module).map(Connection::queue);
    }
}
