package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static dev.atlas.net.connection.TestNodes.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.frame.FrameViolation;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.net.transport.Transport;
import dev.atlas.protos.handshake.Hello;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The catalogue of what strangers and traitors do below the first message: each ends by a limit or a deadline, counted. */
class HostilePeerTest {

    private static final NetworkConfig HASTY = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
            Duration.ofMillis(200),
            Duration.ofSeconds(5),
            Duration.ofMillis(20),
            10,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10)));

    /** Takes a peer that does not read for stalled after a few seconds, and nobody for silent whose thread had to wait for a processor. */
    private static final NetworkConfig BEARING = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(20),
            40,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10)));

    /** Reports often, and bears silence: a test waits for the recorder, which takes a second. */
    private static final NetworkConfig PATIENT = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(20),
            10_000,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10)));

    /** No heartbeats: a peer that closes with something unread would reset the connection, and what it had sent is lost with it. */
    private static final NetworkConfig QUIET = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMinutes(10),
            3,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10)));

    private static final ByteBuffer HEARTBEAT = ByteBuffer.allocate(5);

    private static long refused(BlockingNetworkNode node, RejectionReason reason) {
        return node.counters().snapshot().rejections().get(reason);
    }

    private static Channel tcp(BlockingNetworkNode node) throws IOException {
        return new TcpTransport().connect(node.listening().getFirst());
    }

    static byte[] hello(int version, KeyPair keys) {
        byte[] message = Hello.newBuilder()
                .setProtocolVersion(version)
                .setClusterId(ByteString.copyFromUtf8(TestNodes.CLUSTER))
                .setKind(1)
                .setReplicaId(1)
                .setPublicKey(ByteString.copyFrom(keys.publicKey().encoded()))
                .setNonce(ByteString.copyFrom(new byte[32]))
                .build()
                .toByteArray();
        return ByteBuffer.allocate(4 + message.length)
                .putInt(message.length)
                .put(message)
                .array();
    }

    @Test
    void aStreamCutWithinAFrameIsCountedAsTruncated() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), QUIET);
            KeyPair keys = nodes.keys();
            nodes.member(1, keys, List.of());
            try (Channel channel = tcp(zero)) {
                new ScriptedPeer(nodes, keys, 1).handshake(channel);
                channel.write(ByteBuffer.allocate(20).putInt(0, 1000).put(4, (byte) 2));
            }
            await(
                    "the violation",
                    () -> zero.counters().snapshot().framingViolations().get(FrameViolation.TRUNCATED) == 1);
            await("down", () -> zero.connected().isEmpty());
        }
    }

    @Test
    void anotherProtocolVersionIsRefused() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            BlockingNetworkNode zero = nodes.replica(0);
            try (Channel channel = tcp(zero)) {
                channel.write(ByteBuffer.wrap(hello(Handshake.PROTOCOL_VERSION + 1, nodes.keys())));
            }
            await("the refusal", () -> refused(zero, RejectionReason.WRONG_VERSION) == 1);
        }
    }

    @Test
    void anAnnouncedHelloOfTwoGigabytesIsRefusedBeforeAnythingIsAllocated() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            BlockingNetworkNode zero = nodes.replica(0);
            try (Channel channel = tcp(zero)) {
                channel.write(ByteBuffer.allocate(4).putInt(0, Integer.MAX_VALUE));
                await("the refusal", () -> refused(zero, RejectionReason.MALFORMED) == 1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Wire.class,
            names = {"TCP", "TLS"})
    void aMembersKeyDoesNotOpenAnotherMembersName(Wire wire) throws Exception {
        try (TestNodes nodes = new TestNodes(wire)) {
            BlockingNetworkNode zero = nodes.replica(0);
            KeyPair traitor = nodes.keys();
            nodes.member(1, traitor, List.of());
            nodes.member(2, nodes.keys(), List.of());
            try (Channel channel =
                    nodes.transport(traitor, "x").connect(zero.listening().getFirst())) {
                new Handshake(nodes.environment, nodes.identity(2, traitor), nodes, k -> 1, true, TestNodes.LONG)
                        .dial(channel, new ReplicaId(0), 0);
            }
            await("the refusal", () -> refused(zero, RejectionReason.WRONG_KEY) == 1);
            assertThat(zero.connected()).isEmpty();
        }
    }

    @Test
    void aHandshakeOfSlowBytesEndsByItsDeadline() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), HASTY);
            byte[] hello = hello(Handshake.PROTOCOL_VERSION, nodes.keys());
            try (Channel channel = tcp(zero)) {
                AtomicInteger sent = new AtomicInteger();
                AtomicBoolean cut = new AtomicBoolean();
                // A byte at every look, each a sign of life, never more than the message needs.
                await("the deadline", () -> {
                    try {
                        if (!cut.get() && sent.get() < hello.length - 1) {
                            channel.write(ByteBuffer.wrap(hello, sent.get(), 1));
                            sent.incrementAndGet();
                        }
                    } catch (IOException closedByTheNode) {
                        cut.set(true);
                    }
                    return refused(zero, RejectionReason.DEADLINE) == 1;
                });
                assertThat(sent).as("bytes that were no proof of good will").hasPositiveValue();
            }
        }
    }

    @Test
    void aPeerThatLivesButNeverReadsIsCutOffAndDelaysNobody() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), BEARING);
            KeyPair keys = nodes.keys();
            nodes.member(1, keys, List.of());
            BlockingNetworkNode two = new BlockingNetworkNode(
                    nodes.environment,
                    nodes.memory.transport("two"),
                    nodes.identity(2, member(nodes, 2)),
                    nodes,
                    BEARING,
                    List.of());
            AtomicInteger received = new AtomicInteger();
            two.incoming(ModuleId.PROTOCOL).receiver((from, messages) -> received.addAndGet(messages.size()));
            try (two;
                    Channel deaf =
                            nodes.memory.transport("x").connect(zero.listening().getFirst())) {
                two.start();
                awaitConnected(zero, new ReplicaId(2));
                new ScriptedPeer(nodes, keys, 1).handshake(deaf);
                awaitConnected(zero, new ReplicaId(1));
                AtomicInteger sent = new AtomicInteger();
                ByteBuffer bulk = ByteBuffer.allocate(1 << 20);
                await("the stall", () -> {
                    try {
                        deaf.write(HEARTBEAT.duplicate());
                    } catch (IOException cut) {
                        assertThat(zero.counters().snapshot().stalls()).isOne();
                    }
                    zero.outgoing(ModuleId.PROTOCOL).send(new ReplicaId(1), bulk.duplicate());
                    if (zero.outgoing(ModuleId.PROTOCOL).send(new ReplicaId(2), text("m"))) {
                        sent.incrementAndGet();
                    }
                    return zero.counters().snapshot().stalls() == 1;
                });
                assertThat(zero.counters().snapshot().dropped().get(ModuleId.PROTOCOL))
                        .isPositive();
                await("everything else", () -> received.get() == sent.get());
                await("down", () -> zero.connected().equals(Set.of(new ReplicaId(2))));
                assertThat(zero.counters().snapshot().silences()).isZero();
            }
        }
    }

    private static HostileClient hostileClient(TestNodes nodes, BlockingNetworkNode node) throws IOException {
        return HostileClient.connect(nodes, node.listening().getFirst());
    }

    @Test
    void clientsThatHoldMemoryWithoutGettingOnAreCutOffWhenItIsShort() throws Exception {
        int share = 1 << 20;
        NetworkConfig scarce =
                HASTY.withLimits(new NetworkConfig.Limits(share, 1024, 1024, 200, 100, 100, 100, 2 * share));
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), scarce);
            zero.incoming(ModuleId.APPLICATION)
                    .receiver((from, messages) -> messages.forEach(
                            m -> zero.outgoing(ModuleId.APPLICATION).send(from, m)));
            BlockingNetworkNode client = nodes.client(TestNodes.CONFIG);
            AtomicInteger answers = new AtomicInteger();
            client.incoming(ModuleId.APPLICATION).receiver((from, messages) -> answers.addAndGet(messages.size()));
            client.start();
            awaitConnected(client, new ReplicaId(0));
            List<HostileClient> hoarders = new ArrayList<>();
            try {
                for (int i = 0; i < 4; i++) {
                    HostileClient hoarder = hostileClient(nodes, zero);
                    hoarders.add(hoarder);
                    hoarder.beginFrame(share, share - 1000);
                }
                AtomicInteger asked = new AtomicInteger();
                // Each sends a byte now and then: none is silent, and all get on towards the end of a message too
                // slowly.
                await("the end of those who hold what others need", () -> {
                    hoarders.forEach(HostileClient::drip);
                    if (answers.get() == asked.get()) {
                        asked.incrementAndGet();
                        client.outgoing(ModuleId.APPLICATION).send(new ReplicaId(0), text("echo"));
                    }
                    NetworkCounters.Snapshot counts = zero.counters().snapshot();
                    return counts.hoards() >= 1
                            && counts.hoards() + counts.framingViolations().get(FrameViolation.NO_ROOM) >= 2;
                });
                await("every answer", () -> answers.get() == asked.get());
            } finally {
                hoarders.forEach(HostileClient::close);
            }
        }
    }

    @Test
    void aDiallerOutlivesWhatTheInformationThrows() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode zero = nodes.replica(0);
            KeyPair keys = member(nodes, 1);
            AtomicInteger failures = new AtomicInteger(5);
            NetworkInformation failing = new NetworkInformation() {
                @Override
                public Optional<NodeInfo> node(ReplicaId id) {
                    if (failures.getAndDecrement() > 0) {
                        throw new IllegalStateException("the directory is away");
                    }
                    return nodes.node(id);
                }

                @Override
                public List<NodeInfo> nodes() {
                    return nodes.nodes();
                }
            };
            BlockingNetworkNode one = new BlockingNetworkNode(
                    nodes.environment,
                    nodes.memory.transport("one"),
                    nodes.identity(1, keys),
                    failing,
                    TestNodes.CONFIG,
                    List.of());
            try (one) {
                one.start();
                awaitConnected(one, zero.self());
                assertThat(failures.get()).isNegative();
            }
        }
    }

    private static KeyPair member(TestNodes nodes, int number) {
        KeyPair keys = nodes.keys();
        nodes.member(number, keys, List.of());
        return keys;
    }

    @Test
    void aThousandHalfOpenConnectionsEndByLimitOrDeadlineWhileAClientIsServed() throws Exception {
        int attackers = 1000;
        // Of patience with silence: on a busy machine the client must not be lost for that.
        NetworkConfig limited = TestNodes.CONFIG
                .withTiming(new NetworkConfig.Timing(
                        Duration.ofMillis(200),
                        Duration.ofSeconds(5),
                        Duration.ofMillis(50),
                        200,
                        Duration.ofMillis(5),
                        Duration.ofMillis(50),
                        Duration.ofSeconds(10)))
                .withLimits(new NetworkConfig.Limits(1024, 1024, 1024, 200, 100, 10, 10, 1 << 20));
        try (TestNodes nodes = new TestNodes(Wire.TLS)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), limited);
            zero.incoming(ModuleId.APPLICATION)
                    .receiver((from, messages) -> messages.forEach(
                            m -> zero.outgoing(ModuleId.APPLICATION).send(from, m)));
            BlockingNetworkNode client = nodes.client(PATIENT);
            AtomicInteger answers = new AtomicInteger();
            client.incoming(ModuleId.APPLICATION).receiver((from, messages) -> answers.addAndGet(messages.size()));
            client.start();
            awaitConnected(client, new ReplicaId(0));
            List<Channel> halfOpen = new ArrayList<>();
            int asked = 0;
            try {
                for (int i = 0; i < attackers; i++) {
                    halfOpen.add(tcp(zero));
                    assertThat(client.outgoing(ModuleId.APPLICATION).send(new ReplicaId(0), text("echo")))
                            .isTrue();
                    asked++;
                }
                int sent = asked;
                await("every answer", () -> answers.get() == sent);
                // At least: on a busy machine the client too may have needed a second handshake.
                await(
                        "every end",
                        () -> refused(zero, RejectionReason.DEADLINE)
                                        + refused(zero, RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST)
                                        + refused(zero, RejectionReason.TOO_MANY_UNAUTHENTICATED)
                                >= attackers);
                assertThat(refused(zero, RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST))
                        .isPositive();
            } finally {
                halfOpen.forEach(Channel::close);
            }
        }
    }

    /** A transport whose process is out of file descriptors for a while. */
    private record Exhausted(Transport real, AtomicInteger failures) implements Transport {

        @Override
        public Listener listen(NodeAddress address) throws IOException {
            Listener listener = real.listen(address);
            return new Listener() {
                @Override
                public NodeAddress address() {
                    return listener.address();
                }

                @Override
                public Channel accept() throws IOException {
                    int left = failures.getAndDecrement();
                    if (left > 1) {
                        throw new SocketException("Too many open files");
                    }
                    if (left == 1) {
                        throw new StackOverflowError("an error, which must not end accepting either");
                    }
                    return listener.accept();
                }

                @Override
                public void close() {
                    listener.close();
                }
            };
        }

        @Override
        public Channel connect(NodeAddress address) throws IOException {
            return real.connect(address);
        }
    }

    @Test
    void acceptingSurvivesALackOfFileDescriptors() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            KeyPair keys = nodes.keys();
            BlockingNetworkNode zero = new BlockingNetworkNode(
                    nodes.environment,
                    new Exhausted(new TcpTransport(), new AtomicInteger(5)),
                    nodes.identity(0, keys),
                    nodes,
                    TestNodes.CONFIG,
                    List.of(new NodeAddress("127.0.0.1", 0)));
            try (zero) {
                nodes.member(0, keys, List.of());
                zero.start();
                nodes.member(0, keys, zero.listening());
                BlockingNetworkNode one = nodes.replica(1);
                awaitConnected(one, new ReplicaId(0));
                assertThat(zero.counters().snapshot().acceptFailures()).isEqualTo(5);
            }
        }
    }

    @Test
    void refusalsLossesAndLoadAreInTheFlightRecorder() throws Exception {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        try (RecordingStream stream = new RecordingStream();
                TestNodes nodes = new TestNodes(Wire.TCP)) {
            for (String name : List.of(
                    "ConnectionRejected",
                    "ConnectionDown",
                    "ConnectionUp",
                    "ConnectionLoad",
                    "ConnectionRetry",
                    "NetworkLoad",
                    "AcceptFailure",
                    "Handshake")) {
                stream.enable("atlas." + name);
                stream.onEvent(
                        "atlas." + name,
                        event -> seen.add(event.hasField("reason") ? name + " " + event.getString("reason") : name));
            }
            stream.startAsync();
            BlockingNetworkNode zero = new BlockingNetworkNode(
                    nodes.environment,
                    new Exhausted(new TcpTransport(), new AtomicInteger(1)),
                    nodes.identity(0, member(nodes, 0)),
                    nodes,
                    PATIENT,
                    List.of(new NodeAddress("127.0.0.1", 0)));
            KeyPair keys = member(nodes, 1);
            try (zero) {
                zero.start();
                try (Channel garbage = tcp(zero);
                        Channel oversize = tcp(zero)) {
                    garbage.write(ByteBuffer.wrap(new byte[] {0x7f, 0, 0, 0, 1}));
                    new ScriptedPeer(nodes, keys, 1).handshake(oversize);
                    awaitConnected(zero, new ReplicaId(1));
                    await("load", () -> seen.containsAll(Set.of("ConnectionLoad", "NetworkLoad")));
                    oversize.write(
                            ByteBuffer.allocate(5).putInt(0, Integer.MAX_VALUE).put(4, (byte) 2));
                    await(
                            "events",
                            () -> seen.containsAll(Set.of(
                                    "ConnectionRejected MALFORMED",
                                    "ConnectionUp",
                                    "ConnectionDown FRAMING",
                                    "Handshake",
                                    "AcceptFailure")));
                }
            }
        }
    }
}
