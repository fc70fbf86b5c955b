package dev.atlas.net.connection;

import dev.atlas.net.env.Environment;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.handshake.PeerIdentity;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.stub.IncomingStub;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.stub.OutgoingStub;
import dev.atlas.net.transport.Transport;
import dev.atlas.net.transport.Transport.Listener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node in blocking style on virtual threads.
 *
 * <p>Of two replicas or followers the one with the higher number dials, whatever their kinds, so that both agree who does; two
 * followers do not connect. Clients dial every replica and follower and accept nobody.
 */
public final class BlockingNetworkNode implements NetworkNode {

    private static final Logger LOG = LoggerFactory.getLogger(BlockingNetworkNode.class);

    private final Environment environment;
    private final Transport transport;
    private final LocalIdentity self;
    private final NetworkInformation information;
    private final NetworkConfig config;
    private final List<NodeAddress> listenOn;

    private final NetworkCounters counters = new NetworkCounters();
    private final Receivers receivers = new Receivers(counters);
    private final NetworkScope scope;
    private final Peers peers;
    private final Loopback loopback;
    private final Handshake handshake;
    private final ConnectionStarter starter;
    private final Map<ModuleId, OutgoingStub> outgoing = new EnumMap<>(ModuleId.class);
    private final Map<ModuleId, IncomingStub> incoming = new EnumMap<>(ModuleId.class);

    private record Dialling(Dialer dialer, Thread thread) {

        void stop() {
            dialer.stop();
            thread.interrupt();
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by {@link #lock}. */
    private boolean started;
    /** Guarded by {@link #lock}. */
    private final List<Listener> listeners = new ArrayList<>();
    /** By peer; guarded by {@link #lock}, bounded by the membership. */
    private final Map<ReplicaId, List<Dialling>> dialers = new HashMap<>();

    /**
     * @param listenOn where to accept connections; empty for a client, which accepts none
     * @throws IllegalArgumentException if a client is to listen
     */
    public BlockingNetworkNode(
            Environment environment,
            Transport transport,
            LocalIdentity self,
            NetworkInformation information,
            NetworkConfig config,
            List<NodeAddress> listenOn) {
        if (self.kind() == NodeKind.CLIENT && !listenOn.isEmpty()) {
            throw new IllegalArgumentException("a client does not listen");
        }
        this.environment = environment;
        this.transport = transport;
        this.self = self;
        this.information = information;
        this.config = config;
        this.listenOn = List.copyOf(listenOn);
        this.scope = new NetworkScope(environment, "net-" + self.id() + "-");
        this.peers = new Peers(self.kind(), config);
        this.loopback = new Loopback(self.id(), config.buffers(), receivers, counters);
        this.handshake = new Handshake(
                environment,
                self,
                information,
                kind -> config.pools().size(self.kind(), kind),
                config.plaintext(),
                config.timing().handshake());
        this.starter = new ConnectionStarter(config, self.kind(), counters, receivers, peers, scope);
        for (ModuleId module : ModuleId.values()) {
            incoming.put(module, receivers.stub(module));
            outgoing.put(
                    module,
                    new ModuleSender(module, self.id(), self.kind(), config, peers, loopback.queue(), counters));
        }
    }

    @Override
    public NodeId self() {
        return self.id();
    }

    @Override
    public OutgoingStub outgoing(ModuleId module) {
        return Objects.requireNonNull(outgoing.get(module));
    }

    @Override
    public IncomingStub incoming(ModuleId module) {
        return Objects.requireNonNull(incoming.get(module));
    }

    /** What has happened so far. */
    public NetworkCounters counters() {
        return counters;
    }

    @Override
    public void start() {
        lock.lock();
        try {
            if (started || scope.isClosed()) {
                throw new IllegalStateException("a network node starts once");
            }
            listen();
            started = true;
            if (config.plaintext()) {
                LOG.warn("{} allows plaintext: peers are authenticated, but what they say can be read and altered", self.id());
            }
            Admission admission = new Admission(config.limits());
            for (Listener listener : listeners) {
                Acceptor acceptor = new Acceptor(environment, listener, handshake, admission, starter);
                scope.fork("acceptor-" + listener.address(), acceptor::run);
            }
            scope.fork("loopback", loopback::run);
            scope.fork("heartbeat", this::beat);
            dialMissing();
        } finally {
            lock.unlock();
        }
    }

    private void listen() {
        try {
            for (NodeAddress address : listenOn) {
                listeners.add(transport.listen(address));
            }
        } catch (IOException e) {
            listeners.forEach(Listener::close);
            listeners.clear();
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void membershipChanged() {
        lock.lock();
        try {
            if (started) {
                peers.connections().stream()
                        .filter(connection -> !isMember(connection.peer()))
                        .forEach(connection -> connection.close(DownReason.REMOVED, "no longer a member with this key"));
                stopDepartedDialers();
                dialMissing();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isMember(PeerIdentity peer) {
        return !(peer.id() instanceof ReplicaId id)
                || information
                        .node(id)
                        .filter(info -> info.publicKey().equals(peer.publicKey()) && info.kind() == peer.kind())
                        .isPresent();
    }

    private void stopDepartedDialers() {
        dialers.entrySet().removeIf(entry -> {
            boolean departed = information.node(entry.getKey()).filter(this::dials).isEmpty();
            if (departed) {
                entry.getValue().forEach(Dialling::stop);
            }
            return departed;
        });
    }

    private void dialMissing() {
        for (NodeInfo peer : information.nodes()) {
            if (dials(peer) && !dialers.containsKey(peer.id())) {
                dialers.put(peer.id(), dial(peer));
            }
        }
    }

    private boolean dials(NodeInfo peer) {
        if (!(self.id() instanceof ReplicaId id)) {
            return true;
        }
        boolean followers = self.kind() == NodeKind.FOLLOWER && peer.kind() == NodeKind.FOLLOWER;
        return id.number() > peer.id().number() && !followers;
    }

    private List<Dialling> dial(NodeInfo peer) {
        List<Dialling> diallings = new ArrayList<>();
        for (int index = 0; index < config.pools().size(self.kind(), peer.kind()); index++) {
            Dialer dialer =
                    new Dialer(environment, transport, information, handshake, starter, peer.id(), index);
            scope.fork("dialer-" + peer.id() + "-" + index, dialer::run)
                    .ifPresent(thread -> diallings.add(new Dialling(dialer, thread)));
        }
        return diallings;
    }

    /** One thread for all connections: idle ones cost no timer each. */
    private void beat() {
        try {
            while (!scope.isClosed()) {
                environment.sleep(config.timing().heartbeat());
                peers.connections().forEach(Connection::tick);
            }
        } catch (InterruptedException e) {
            LOG.debug("{} beats no more", self.id());
        }
    }

    @Override
    public List<NodeAddress> listening() {
        lock.lock();
        try {
            return listeners.stream().map(Listener::address).toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Set<NodeId> connected() {
        return peers.connected();
    }

    @Override
    public void onPeerChange(PeerListener listener) {
        peers.listen(listener);
    }

    @Override
    public void close() {
        scope.cancel();
        loopback.queue().close();
        peers.close();
        lock.lock();
        try {
            listeners.forEach(Listener::close);
        } finally {
            lock.unlock();
        }
        Set<String> left = scope.join(config.timing().close());
        if (!left.isEmpty()) {
            LOG.error("{} has closed, but these threads have not ended: {}", self.id(), left);
        }
    }
}
