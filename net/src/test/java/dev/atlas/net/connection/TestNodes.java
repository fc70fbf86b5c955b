package dev.atlas.net.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.InMemoryNetwork;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.net.transport.Transport;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A membership and nodes of it, over memory, TCP or TLS, closed together. */
final class TestNodes implements NetworkInformation, AutoCloseable {

    static final String CLUSTER = "test";
    static final Duration LONG = Duration.ofSeconds(20);
    static final NetworkConfig.Timing FAST = new NetworkConfig.Timing(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(50),
            20,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10));
    static final NetworkConfig CONFIG = NetworkConfig.DEFAULT.withTiming(FAST).withPlaintext();

    static final dev.atlas.net.env.Clock CLOCK = new dev.atlas.net.env.Clock() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public long wallMillis() {
            return System.currentTimeMillis();
        }
    };

    enum Wire {
        MEMORY,
        TCP,
        TLS
    }

    final TrackingEnvironment environment = new TrackingEnvironment(SystemEnvironment.create("test"));
    final Ed25519Scheme scheme = new Ed25519Scheme();
    final InMemoryNetwork memory = new InMemoryNetwork();
    final Map<ReplicaId, NodeInfo> members = new ConcurrentSkipListMap<>();
    private final List<BlockingNetworkNode> open = new ArrayList<>();
    private final Wire wire;

    TestNodes(Wire wire) {
        this.wire = wire;
    }

    @Override
    public Optional<NodeInfo> node(ReplicaId id) {
        return Optional.ofNullable(members.get(id));
    }

    @Override
    public List<NodeInfo> nodes() {
        return List.copyOf(members.values());
    }

    Transport transport(KeyPair keys, String host) {
        return switch (wire) {
            case MEMORY -> memory.transport(host);
            case TCP -> new TcpTransport();
            case TLS -> new TlsTransport(new TcpTransport(), keys);
        };
    }

    KeyPair keys() {
        return scheme.generate(environment.random());
    }

    LocalIdentity identity(int number, KeyPair keys) {
        return LocalIdentity.replica(CLUSTER, new ReplicaId(number), scheme, keys);
    }

    /** Enters a member into the membership. */
    void member(int number, KeyPair keys, List<NodeAddress> addresses) {
        ReplicaId id = new ReplicaId(number);
        members.put(id, new NodeInfo(id, NodeKind.REPLICA, keys.publicKey(), addresses));
    }

    BlockingNetworkNode replica(int number) {
        return replica(number, keys(), CONFIG);
    }

    /** A started replica that is a member with the address where it really listens. Start the lower numbers first. */
    BlockingNetworkNode replica(int number, KeyPair keys, NetworkConfig config) {
        BlockingNetworkNode node = new BlockingNetworkNode(
                environment,
                transport(keys, "host-" + number),
                identity(number, keys),
                this,
                config,
                List.of(new NodeAddress("127.0.0.1", 0)));
        open.add(node);
        member(number, keys, List.of());
        node.start();
        member(number, keys, node.listening());
        return node;
    }

    BlockingNetworkNode client(NetworkConfig config) {
        KeyPair keys = keys();
        BlockingNetworkNode node = new BlockingNetworkNode(
                environment,
                transport(keys, "client-host"),
                LocalIdentity.client(CLUSTER, scheme, keys),
                this,
                config,
                List.of());
        open.add(node);
        return node;
    }

    static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Collects what one module receives, as "sender:text". */
    static List<String> inbox(BlockingNetworkNode node, ModuleId module) {
        List<String> received = new CopyOnWriteArrayList<>();
        node.incoming(module)
                .receiver((from, messages) -> messages.forEach(
                        message -> received.add(from + ":" + StandardCharsets.UTF_8.decode(message.duplicate()))));
        return received;
    }

    static void awaitConnected(BlockingNetworkNode node, NodeId... peers) {
        await("connection of " + node.self(), () -> node.connected().containsAll(List.of(peers)));
    }

    /** Waits for a condition; the deadline is generous because a test asserts no time. */
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline for " + what).isLessThan(deadline);
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Override
    public void close() {
        for (BlockingNetworkNode each : open) {
            each.close();
        }
        environment.close();
    }
}
