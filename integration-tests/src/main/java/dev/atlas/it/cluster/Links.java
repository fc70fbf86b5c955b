package dev.atlas.it.cluster;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

/** What happens to messages between nodes: cut links, dropped and altered messages. Thread-safe. */
public final class Links {

    private final List<Tamper> tampers = new CopyOnWriteArrayList<>();
    private final Set<Set<NodeId>> cut = ConcurrentHashMap.newKeySet();
    private final Set<NodeId> isolated = ConcurrentHashMap.newKeySet();
    private volatile BiFunction<NodeId, NodeId, Duration> lag = (from, to) -> Duration.ZERO;

    /** Passes a message on, alters it, or drops it by returning empty. Called on the sender's thread; must not block. */
    @FunctionalInterface
    public interface Tamper {
        Optional<ByteBuffer> pass(NodeId from, NodeId to, ModuleId module, ByteBuffer payload);
    }

    /** Decides over messages of the ordering protocol. */
    @FunctionalInterface
    public interface OrderingTamper {
        Optional<OrderingMessage> pass(ReplicaId from, ReplicaId to, OrderingMessage message);
    }

    public void add(Tamper tamper) {
        tampers.add(tamper);
    }

    /** Alters or drops messages between replicas by type. */
    public void addOrdering(OrderingTamper tamper) {
        add((from, to, module, payload) -> {
            if (module == ModuleId.PROTOCOL
                    && from instanceof ReplicaId sender
                    && to instanceof ReplicaId receiver
                    && OrderingCodec.decode(payload.duplicate())
                            instanceof Decoded.Value<OrderingMessage>(OrderingMessage message)) {
                return tamper.pass(sender, receiver, message)
                        .map(passed -> passed.equals(message) ? payload : OrderingCodec.encode(passed));
            }
            return Optional.of(payload);
        });
    }

    /** Cuts every link between the two sides. */
    public void partition(Set<? extends NodeId> left, Set<? extends NodeId> right) {
        for (NodeId one : left) {
            for (NodeId other : right) {
                cut.add(Set.of(one, other));
            }
        }
    }

    /** How late messages between two nodes come; order may change among those that do. */
    public void delay(BiFunction<NodeId, NodeId, Duration> late) {
        lag = late;
    }

    Duration delay(NodeId from, NodeId to) {
        return from.equals(to) ? Duration.ZERO : lag.apply(from, to);
    }

    /** Cuts a node off from everyone, clients included. */
    public void isolate(NodeId node) {
        isolated.add(node);
    }

    /** Undoes {@link #isolate}. */
    public void rejoin(NodeId node) {
        isolated.remove(node);
    }

    /** Restores the links between the sides of every partition; tampering goes on. */
    public void reconnect() {
        cut.clear();
    }

    /** Restores every link and removes all tampering. */
    public void heal() {
        cut.clear();
        isolated.clear();
        lag = (from, to) -> Duration.ZERO;
        tampers.clear();
    }

    Optional<ByteBuffer> pass(NodeId from, NodeId to, ModuleId module, ByteBuffer payload) {
        if (from.equals(to)) {
            return Optional.of(payload);
        }
        if (isolated.contains(from) || isolated.contains(to) || cut.contains(Set.of(from, to))) {
            return Optional.empty();
        }
        Optional<ByteBuffer> passed = Optional.of(payload);
        for (Tamper tamper : tampers) {
            passed = passed.flatMap(message -> tamper.pass(from, to, module, message));
        }
        return passed;
    }
}
