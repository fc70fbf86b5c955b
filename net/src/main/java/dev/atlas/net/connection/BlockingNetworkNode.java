package dev.atlas.net.connection;

import dev.atlas.net.concurrent.Supervisor;
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
import dev.atlas.net.metrics.NetworkLoadEvent;
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
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
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
    private final NodeId id;
    private final NodeKind kind;
    private final NetworkInformation information;
    private final NetworkConfig config;
    private final List<NodeAddress> listenOn;

    private final NetworkCounters counters = new NetworkCounters();
    private final Receivers receivers = new Receivers(counters);
    private final Supervisor threads;
    private final Peers peers;
    private final Loopback loopback;
    /** Made anew when the key changes. */
    private final AtomicReference<Handshake> handshake;

    private final SharedMemory clientMemory;
    private final Admission admission;
    private final ConnectionStarter starter;
    private final Map<ModuleId, OutgoingStub> outgoing = new EnumMap<>(ModuleId.class);
    private final Map<ModuleId, IncomingStub> incoming = new EnumMap<>(ModuleId.class);

    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by {@link #lock}. */
    private boolean started;
    /** Guarded by {@link #lock}. */
    private final List<Listener> listeners = new ArrayList<>();
    /** By peer; guarded by {@link #lock}, bounded by the membership. */
    private final Map<ReplicaId, List<Dialer>> dialers = new HashMap<>();

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
        this.id = self.id();
        this.kind = self.kind();
        this.information = information;
        this.config = config;
        this.listenOn = List.copyOf(listenOn);
        this.threads =
                new Supervisor(environment, "net-" + self.id(), config.timing().close());
        this.peers = new Peers(self.kind(), config);
        this.loopback = new Loopback(self.id(), config.buffers(), receivers, counters, environment.clock());
        this.clientMemory = new SharedMemory(config.limits().clientMemory());
        this.admission = new Admission(config.limits(), this::isMembersHost);
        this.handshake = new AtomicReference<>(handshake(self));
        this.starter = new ConnectionStarter(
                environment, config, self.kind(), counters, receivers, peers, clientMemory, threads, this::isMember);
        for (ModuleId module : ModuleId.values()) {
            incoming.put(module, receivers.stub(module));
            outgoing.put(
                    module,
                    new ModuleSender(module, self.id(), self.kind(), config, peers, loopback.queue(), counters));
        }
    }

    private Handshake handshake(LocalIdentity self) {
        return new Handshake(
                environment,
                self,
                information,
                peerKind -> config.pools().size(self.kind(), peerKind),
                config.plaintext(),
                config.timing().handshake());
    }

    /**
     * Goes on with another key, without a restart. Connections that there are stay until either end learns of a membership in which this
     * node has the new key; every later one proves the new one. Peers that still expect the old key refuse it meanwhile.
     *
     * @throws IllegalArgumentException for another node or kind; a client's id is the hash of its key and cannot change
     */
    public void replaceKey(LocalIdentity renewed) {
        if (!renewed.id().equals(id) || renewed.kind() != kind) {
            throw new IllegalArgumentException("the new key is that of " + renewed.id() + ", not of " + id);
        }
        transport.replaceKey(renewed.keyPair());
        handshake.set(handshake(renewed));
        LOG.info("{} goes on with the key {}", id, renewed.keyPair().publicKey());
    }

    @Override
    public NodeId self() {
        return id;
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
            if (started || threads.isClosed()) {
                throw new IllegalStateException("a network node starts once");
            }
            listen();
            started = true;
            if (config.plaintext()) {
                LOG.warn("{} allows plaintext: peers are authenticated, but what they say can be read and altered", id);
            }
            for (Listener listener : listeners) {
                Acceptor acceptor = new Acceptor(environment, listener, handshake::get, admission, starter);
                threads.start("acceptor-" + listener.address(), acceptor::run);
            }
            threads.start("loopback", loopback::run);
            threads.keepRunning("heartbeat", config.timing().reconnect(), this::beat);
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
                        .forEach(connection -> connection.close(DownReason.REMOVED, ConnectionStarter.NO_MEMBER));
                stopDepartedDialers();
                dialMissing();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isMember(PeerIdentity peer) {
        return !(peer.id() instanceof ReplicaId member)
                || information
                        .node(member)
                        .filter(info -> info.publicKey().equals(peer.publicKey()) && info.kind() == peer.kind())
                        .isPresent();
    }

    /** By its address in the membership; a member under a name is known once it has been here. */
    private boolean isMembersHost(String host) {
        return information.nodes().stream()
                .flatMap(node -> node.addresses().stream())
                .anyMatch(address -> AddressBlock.canonical(address.host()).equals(host));
    }

    private void stopDepartedDialers() {
        dialers.entrySet().removeIf(entry -> {
            boolean departed =
                    information.node(entry.getKey()).filter(this::dials).isEmpty();
            if (departed) {
                entry.getValue().forEach(Dialer::stop);
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
        if (!(id instanceof ReplicaId own)) {
            return true;
        }
        boolean followers = kind == NodeKind.FOLLOWER && peer.kind() == NodeKind.FOLLOWER;
        return own.number() > peer.id().number() && !followers;
    }

    private List<Dialer> dial(NodeInfo peer) {
        List<Dialer> dialling = new ArrayList<>();
        for (int index = 0; index < config.pools().size(kind, peer.kind()); index++) {
            Dialer dialer = new Dialer(environment, transport, information, handshake::get, starter, peer.id(), index);
            threads.start("dialer-" + peer.id() + "-" + index, dialer::run);
            dialling.add(dialer);
        }
        return dialling;
    }

    /** One thread for all connections: idle ones cost no timer each. */
    private void beat() throws InterruptedException {
        while (!threads.isClosed()) {
            environment.sleep(config.timing().heartbeat());
            List<Connection> connections = peers.connections();
            connections.forEach(Connection::tick);
            reportLoad(connections.size());
        }
    }

    private void reportLoad(int connections) {
        NetworkLoadEvent event = new NetworkLoadEvent();
        if (event.shouldCommit()) {
            NetworkCounters.Snapshot counts = counters.snapshot();
            event.node = id.toString();
            event.peers = peers.connected().size();
            event.connections = connections;
            event.unauthenticated = admission.total();
            event.rejected = counts.rejectionsInAll();
            event.framingViolations = counts.framingViolationsInAll();
            event.silences = counts.silences();
            event.stalls = counts.stalls() + counts.hoards();
            event.acceptFailures = counts.acceptFailures();
            event.receiverFailures = counts.receiverFailures();
            event.reconnects = counts.reconnects();
            event.droppedProtocol = counts.dropped().getOrDefault(ModuleId.PROTOCOL, 0L);
            event.droppedReconfiguration = counts.dropped().getOrDefault(ModuleId.RECONFIGURATION, 0L);
            event.droppedApplication = counts.dropped().getOrDefault(ModuleId.APPLICATION, 0L);
            event.droppedTransfer = counts.dropped().getOrDefault(ModuleId.STATE_TRANSFER, 0L);
            event.messagesIn = counts.messagesIn();
            event.messagesOut = counts.messagesOut();
            event.bytesIn = counts.bytesIn();
            event.bytesOut = counts.bytesOut();
            event.clientMemory = clientMemory.taken();
            event.commit();
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
        loopback.queue().close();
        peers.close();
        threads.close();
    }
}
