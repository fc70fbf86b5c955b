package dev.atlas.net.connection;

import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode.PeerListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The peers with at least one connection. Thread-safe: sending looks up without a lock; coming and going is rare and happens under
 * one, listeners included, so that they hear of it in order.
 */
final class Peers {

    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);

    private final NodeKind selfKind;
    private final NetworkConfig config;
    private final ReentrantLock lock = new ReentrantLock();
    /** Written under {@link #lock}. */
    private final Map<NodeId, PeerConnections> byId = new ConcurrentHashMap<>();
    /** Connected clients by {@link AddressBlock}; guarded by {@link #lock}, bounded by the number of clients. */
    private final Map<String, Integer> clientConnectionsByBlock = new HashMap<>();
    /** Guarded by {@link #lock}. */
    private int clientConnections;
    /** Guarded by {@link #lock}. */
    private boolean closed;

    private final List<PeerListener> listeners = new CopyOnWriteArrayList<>();

    Peers(NodeKind selfKind, NetworkConfig config) {
        this.selfKind = selfKind;
        this.config = config;
    }

    void listen(PeerListener listener) {
        listeners.add(listener);
    }

    Set<NodeId> connected() {
        return Set.copyOf(byId.keySet());
    }

    Optional<Connection> pick(NodeId peer, ModuleId module) {
        PeerConnections connections = byId.get(peer);
        return connections == null ? Optional.empty() : connections.pick(module);
    }

    /** Takes a new connection in, in place of an older one of the same peer and index; a reason if there is no room for it. */
    Optional<RejectionReason> add(Connection connection) {
        lock.lock();
        try {
            if (closed) {
                return Optional.of(RejectionReason.CLOSING);
            }
            Optional<RejectionReason> full = countClient(connection);
            if (full.isPresent()) {
                return full;
            }
            NodeId id = connection.peer().id();
            boolean first = !byId.containsKey(id);
            PeerConnections connections = byId.computeIfAbsent(
                    id,
                    unused -> new PeerConnections(
                            config.pools().size(selfKind, connection.peer().kind())));
            connections.put(connection).ifPresent(older -> older.close(DownReason.REPLACED, "by a newer connection"));
            if (first) {
                log(id, "up");
                listeners.forEach(listener -> listener.up(id));
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Takes out a connection that {@link #add} took in. */
    void remove(Connection connection) {
        lock.lock();
        try {
            uncountClient(connection);
            NodeId id = connection.peer().id();
            PeerConnections connections = byId.get(id);
            if (connections == null) {
                return;
            }
            connections.remove(connection);
            if (connections.all().isEmpty()) {
                byId.remove(id);
                log(id, "down");
                listeners.forEach(listener -> listener.down(id));
            }
        } finally {
            lock.unlock();
        }
    }

    /** A client's coming and going is its own affair, and there are many; strangers must not fill a disk with it. */
    private static void log(NodeId id, String state) {
        switch (id) {
            case ReplicaId member -> LOG.info("{} is {}", member, state);
            case ClientId client -> LOG.debug("{} is {}", client, state);
        }
    }

    private Optional<RejectionReason> countClient(Connection connection) {
        if (connection.peer().kind() != NodeKind.CLIENT) {
            return Optional.empty();
        }
        if (clientConnections >= config.limits().clients()) {
            return Optional.of(RejectionReason.TOO_MANY_CLIENTS);
        }
        String block = AddressBlock.of(connection.remoteHost());
        if (clientConnectionsByBlock.getOrDefault(block, 0) >= config.limits().clientsPerHost()) {
            return Optional.of(RejectionReason.TOO_MANY_CLIENTS_FROM_HOST);
        }
        clientConnections++;
        clientConnectionsByBlock.merge(block, 1, Integer::sum);
        return Optional.empty();
    }

    private void uncountClient(Connection connection) {
        if (connection.peer().kind() == NodeKind.CLIENT) {
            clientConnections--;
            clientConnectionsByBlock.computeIfPresent(
                    AddressBlock.of(connection.remoteHost()), (block, count) -> count == 1 ? null : count - 1);
        }
    }

    /** Every connection there is now. */
    List<Connection> connections() {
        List<Connection> all = new ArrayList<>();
        byId.values().forEach(peer -> all.addAll(peer.all()));
        return all;
    }

    /** Ends all connections and takes no more. */
    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        connections().forEach(connection -> connection.close(DownReason.CLOSED, "the node closes"));
    }
}
