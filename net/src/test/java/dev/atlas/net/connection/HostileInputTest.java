package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.frame.FrameViolation;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.TcpTransport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HostileInputTest {

    private static final NetworkConfig HASTY = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
            Duration.ofMillis(100),
            Duration.ofSeconds(5),
            Duration.ofMillis(50),
            20,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10)));

    private static long refused(BlockingNetworkNode node, RejectionReason reason) {
        return node.counters().snapshot().rejections().get(reason);
    }

    private static void awaitEndOfStream(Channel channel) throws IOException {
        ByteBuffer sink = ByteBuffer.allocate(4096);
        try {
            int count = 0;
            while (count >= 0) {
                // What comes before the end does not matter.
                count = channel.read(sink.clear());
            }
        } catch (IOException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Wire.class,
            names = {"TCP", "TLS"})
    void garbageEndsItsOwnConnectionOnly(Wire wire) throws Exception {
        try (TestNodes nodes = new TestNodes(wire)) {
            BlockingNetworkNode zero = nodes.replica(0);
            Random random = new Random(5);
            for (int i = 0; i < 20; i++) {
                byte[] garbage = new byte[2000];
                random.nextBytes(garbage);
                garbage[0] = 0x7f;
                try (Channel channel =
                        new TcpTransport().connect(zero.listening().getFirst())) {
                    channel.write(ByteBuffer.wrap(garbage));
                    awaitEndOfStream(channel);
                }
            }
            RejectionReason reason = wire == Wire.TLS ? RejectionReason.TLS_FAILED : RejectionReason.MALFORMED;
            await("twenty refusals", () -> refused(zero, reason) == 20);
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(one, new ReplicaId(0));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Wire.class,
            names = {"TCP", "TLS"})
    void aStalledHandshakeIsClosedByItsDeadline(Wire wire) throws Exception {
        try (TestNodes nodes = new TestNodes(wire)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), HASTY);
            try (Channel channel = new TcpTransport().connect(zero.listening().getFirst())) {
                channel.write(ByteBuffer.wrap(new byte[] {0x16, 3}));
                awaitEndOfStream(channel);
            }
            await("the deadline", () -> refused(zero, RejectionReason.DEADLINE) == 1);
        }
    }

    @Test
    void strangersOfOneAddressAreLimited() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            NetworkConfig.Limits limits = new NetworkConfig.Limits(1024, 1024, 1024, 5, 3, 10, 10, 1 << 20);
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), TestNodes.CONFIG.withLimits(limits));
            List<Channel> stalled = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                stalled.add(nodes.memory.transport("a").connect(zero.listening().getFirst()));
            }
            await("two too many", () -> refused(zero, RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST) == 2);
            for (int i = 0; i < 4; i++) {
                stalled.add(
                        nodes.memory.transport("b" + i).connect(zero.listening().getFirst()));
            }
            await("two too many in all", () -> refused(zero, RejectionReason.TOO_MANY_UNAUTHENTICATED) == 2);
            stalled.forEach(Channel::close);
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(one, new ReplicaId(0));
        }
    }

    @Test
    void clientsBeyondTheLimitAreRefused() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            NetworkConfig.Limits limits = new NetworkConfig.Limits(1024, 1024, 1024, 50, 50, 2, 2, 1 << 20);
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), TestNodes.CONFIG.withLimits(limits));
            for (int i = 0; i < 3; i++) {
                nodes.client(TestNodes.CONFIG).start();
            }
            await("a refusal", () -> refused(zero, RejectionReason.TOO_MANY_CLIENTS) > 0);
            assertThat(zero.connected()).hasSizeLessThanOrEqualTo(2);
        }
    }

    @Test
    void anOversizeFrameOfAMemberEndsItsConnection() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode zero = nodes.replica(0);
            KeyPair keys = nodes.keys();
            nodes.member(1, keys, List.of());
            try (Channel channel =
                    nodes.memory.transport("x").connect(zero.listening().getFirst())) {
                new ScriptedPeer(nodes, keys, 1).handshake(channel);
                awaitConnected(zero, new ReplicaId(1));
                channel.write(ByteBuffer.allocate(5)
                        .putInt(Integer.MAX_VALUE)
                        .put((byte) 2)
                        .flip());
                await("down", () -> zero.connected().isEmpty());
                assertThat(zero.counters().snapshot().framingViolations()).containsEntry(FrameViolation.OVERSIZE, 1L);
            }
        }
    }

    @Test
    void whatCameWholeBeforeAViolationIsDelivered() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode zero = nodes.replica(0);
            List<String> inbox = TestNodes.inbox(zero, ModuleId.PROTOCOL);
            KeyPair keys = nodes.keys();
            nodes.member(1, keys, List.of());
            try (Channel channel =
                    nodes.memory.transport("x").connect(zero.listening().getFirst())) {
                new ScriptedPeer(nodes, keys, 1).handshake(channel);
                awaitConnected(zero, new ReplicaId(1));
                // One write, so that one read brings both.
                channel.write(ByteBuffer.allocate(12)
                        .putInt(2)
                        .put(ModuleId.PROTOCOL.code())
                        .put((byte) 'o')
                        .put((byte) 'k')
                        .putInt(1)
                        .put((byte) 99)
                        .flip());
                await("down", () -> zero.connected().isEmpty());
                assertThat(inbox).containsExactly("replica-1:ok");
                assertThat(zero.counters().snapshot().framingViolations())
                        .containsEntry(FrameViolation.UNKNOWN_MODULE, 1L);
            }
        }
    }

    @Test
    void aConnectionIsClosedWhenTheMembershipCannotBeAskedAboutIt() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            AtomicBoolean failing = new AtomicBoolean();
            NetworkInformation information = new NetworkInformation() {
                @Override
                public Optional<NodeInfo> node(ReplicaId id) {
                    return nodes.node(id);
                }

                @Override
                public List<NodeInfo> nodes() {
                    if (failing.get()) {
                        throw new IllegalStateException("expected by the test");
                    }
                    return nodes.nodes();
                }
            };
            KeyPair keys = nodes.keys();
            try (BlockingNetworkNode zero = new BlockingNetworkNode(
                    nodes.environment,
                    nodes.transport(keys, "zero"),
                    nodes.identity(0, keys),
                    information,
                    TestNodes.CONFIG,
                    List.of(new NodeAddress("zero", 0)))) {
                zero.start();
                failing.set(true);
                try (Channel channel =
                        nodes.memory.transport("x").connect(zero.listening().getFirst())) {
                    assertThat(read(nodes, channel).get(TestNodes.LONG.toSeconds(), TimeUnit.SECONDS))
                            .isEqualTo(-1);
                }
                await("the failure", () -> zero.counters().snapshot().acceptFailures() == 1);
            }
        }
    }

    private static FutureTask<Integer> read(TestNodes nodes, Channel channel) {
        FutureTask<Integer> reading = new FutureTask<>(() -> channel.read(ByteBuffer.allocate(1)));
        nodes.environment.virtualThreads("reading").newThread(reading).start();
        return reading;
    }

    @Test
    void aNewerConnectionOfTheSamePeerAndIndexReplacesTheOlder() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode zero = nodes.replica(0);
            KeyPair keys = nodes.keys();
            nodes.member(1, keys, List.of());
            try (Channel older =
                            nodes.memory.transport("x").connect(zero.listening().getFirst());
                    Channel newer =
                            nodes.memory.transport("x").connect(zero.listening().getFirst())) {
                ScriptedPeer peer = new ScriptedPeer(nodes, keys, 1);
                peer.handshake(older);
                awaitConnected(zero, new ReplicaId(1));
                peer.handshake(newer);
                awaitEndOfStream(older);
                assertThat(zero.connected()).containsExactly(new ReplicaId(1));
            }
        }
    }
}
