package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static dev.atlas.net.connection.TestNodes.inbox;
import static dev.atlas.net.connection.TestNodes.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode.PeerListener;
import dev.atlas.net.transport.Channel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NetworkNodeTest {

    private static final ReplicaId ZERO = new ReplicaId(0);
    private static final ReplicaId ONE = new ReplicaId(1);

    @ParameterizedTest
    @EnumSource(Wire.class)
    void messagesArriveInOrderWithTheirTrueSender(Wire wire) throws Exception {
        try (TestNodes nodes = new TestNodes(wire)) {
            BlockingNetworkNode zero = nodes.replica(0);
            List<String> atZero = inbox(zero, ModuleId.PROTOCOL);
            BlockingNetworkNode one = nodes.replica(1);
            List<String> atOne = inbox(one, ModuleId.PROTOCOL);
            awaitConnected(zero, ONE);
            awaitConnected(one, ZERO);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 5000; i++) {
                assertThat(one.outgoing(ModuleId.PROTOCOL).send(ZERO, text("m" + i)))
                        .isTrue();
                expected.add("replica-1:m" + i);
            }
            zero.outgoing(ModuleId.PROTOCOL).send(ONE, text("back"));
            await("all messages", () -> atZero.size() == 5000 && atOne.size() == 1);
            assertThat(atZero).isEqualTo(expected);
            assertThat(atOne).containsExactly("replica-0:back");
        }
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void aLargePayloadPasses(Wire wire) throws Exception {
        try (TestNodes nodes = new TestNodes(wire)) {
            BlockingNetworkNode zero = nodes.replica(0);
            List<Integer> sizes = new java.util.concurrent.CopyOnWriteArrayList<>();
            zero.incoming(ModuleId.PROTOCOL)
                    .receiver((from, messages) -> messages.forEach(m -> sizes.add(m.remaining())));
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(one, ZERO);
            assertThat(one.outgoing(ModuleId.PROTOCOL).send(ZERO, ByteBuffer.allocate(10 << 20)))
                    .isTrue();
            assertThat(one.outgoing(ModuleId.PROTOCOL).send(ZERO, ByteBuffer.allocate((16 << 20) + 1)))
                    .isFalse();
            await("ten megabytes", () -> sizes.equals(List.of(10 << 20)));
            assertThat(one.counters().snapshot().dropped()).containsEntry(ModuleId.PROTOCOL, 1L);
        }
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void clientsTalkToReplicas(Wire wire) throws Exception {
        try (TestNodes nodes = new TestNodes(wire)) {
            BlockingNetworkNode zero = nodes.replica(0);
            zero.incoming(ModuleId.APPLICATION)
                    .receiver((from, messages) -> messages.forEach(
                            m -> zero.outgoing(ModuleId.APPLICATION).send(from, m)));
            BlockingNetworkNode client = nodes.client(TestNodes.CONFIG);
            List<String> answers = inbox(client, ModuleId.APPLICATION);
            client.start();
            awaitConnected(client, ZERO);
            client.outgoing(ModuleId.APPLICATION).send(ZERO, text("echo"));
            await("the answer", () -> answers.equals(List.of("replica-0:echo")));
        }
    }

    @Test
    void aMessageToOneselfRunsOnAnotherThreadAndInOrder() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode zero = nodes.replica(0);
            List<Thread> threads = new java.util.concurrent.CopyOnWriteArrayList<>();
            List<Integer> received = new java.util.concurrent.CopyOnWriteArrayList<>();
            zero.incoming(ModuleId.PROTOCOL)
                    .receiver((from, messages) -> messages.forEach(m -> {
                        assertThat(from).isEqualTo(ZERO);
                        threads.add(Thread.currentThread());
                        received.add(m.getInt());
                    }));
            for (int i = 0; i < 100; i++) {
                zero.outgoing(ModuleId.PROTOCOL)
                        .send(ZERO, ByteBuffer.allocate(4).putInt(0, i));
            }
            await("own messages", () -> received.size() == 100);
            assertThat(received).isEqualTo(IntStream.range(0, 100).boxed().toList());
            assertThat(threads).doesNotContain(Thread.currentThread());
        }
    }

    @Test
    void aLostPeerIsDialledAgain() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            KeyPair keys = nodes.keys();
            BlockingNetworkNode zero = nodes.replica(0, keys, TestNodes.CONFIG);
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(one, ZERO);
            zero.close();
            await("down", () -> one.connected().isEmpty());
            BlockingNetworkNode again = nodes.replica(0, keys, TestNodes.CONFIG);
            awaitConnected(one, ZERO);
            awaitConnected(again, ONE);
            assertThat(one.counters().snapshot().reconnects()).isPositive();
        }
    }

    @Test
    void listenersHearOfPeersComingAndGoing() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode zero = nodes.replica(0);
            List<String> heard = new java.util.concurrent.CopyOnWriteArrayList<>();
            zero.onPeerChange(new dev.atlas.net.stub.NetworkNode.PeerListener() {
                @Override
                public void up(dev.atlas.net.identity.NodeId peer) {
                    heard.add("up " + peer);
                }

                @Override
                public void down(dev.atlas.net.identity.NodeId peer) {
                    heard.add("down " + peer);
                }
            });
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(zero, ONE);
            one.close();
            // A second connection of the pool that was on its way may still come and go.
            await(
                    "down",
                    () -> heard.size() >= 2
                            && heard.size() % 2 == 0
                            && zero.connected().isEmpty());
            for (int i = 0; i < heard.size(); i++) {
                assertThat(heard.get(i)).isEqualTo((i % 2 == 0 ? "up " : "down ") + ONE);
            }
        }
    }

    @Test
    void aPeerThatFallsSilentIsDeclaredDown() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            NetworkConfig impatient = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofMillis(20),
                    5,
                    Duration.ofMillis(5),
                    Duration.ofMillis(50),
                    Duration.ofSeconds(10)));
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), impatient);
            KeyPair keys = nodes.keys();
            nodes.member(1, keys, List.of());
            // Half open: shakes hands, and then neither speaks nor closes.
            try (Channel silent =
                    nodes.memory.transport("x").connect(zero.listening().getFirst())) {
                new ScriptedPeer(nodes, keys, 1).handshake(silent);
                awaitConnected(zero, ONE);
                await("down", () -> zero.connected().isEmpty());
            }
        }
    }

    @Test
    void anIdleConnectionLives() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TLS)) {
            BlockingNetworkNode zero = nodes.replica(0);
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(one, ZERO);
            long before = one.counters().snapshot().bytesIn();
            // More heartbeats than a silent peer may miss, on both connections of the pair.
            await("heartbeats", () -> one.counters().snapshot().bytesIn() > before + 5 * 2 * 25);
            assertThat(one.counters().snapshot().reconnects()).isZero();
            assertThat(zero.connected()).containsExactly(ONE);
        }
    }

    @Test
    void aReceiverThatBlocksHoldsUpItsOwnPeerOnlyAndItsDropsAreCounted() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            NetworkConfig.Buffers small = new NetworkConfig.Buffers(4096, 4096, 8192, 8192, 8192, 8192);
            BlockingNetworkNode zero = nodes.replica(0);
            CountDownLatch released = new CountDownLatch(1);
            zero.incoming(ModuleId.PROTOCOL).receiver((from, messages) -> {
                try {
                    released.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            BlockingNetworkNode one = nodes.replica(1);
            List<String> atOne = inbox(one, ModuleId.PROTOCOL);
            BlockingNetworkNode two = nodes.replica(2, nodes.keys(), TestNodes.CONFIG.withBuffers(small));
            awaitConnected(two, ZERO, ONE);
            await("a full queue", () -> !two.outgoing(ModuleId.PROTOCOL).send(ZERO, ByteBuffer.allocate(1024)));
            assertThat(two.counters().snapshot().dropped()).containsEntry(ModuleId.PROTOCOL, 1L);
            two.outgoing(ModuleId.PROTOCOL).send(ONE, text("past it"));
            await("the other peer", () -> atOne.equals(List.of("replica-2:past it")));
            released.countDown();
        }
    }

    @Test
    void closingEndsEveryThread() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TLS)) {
            BlockingNetworkNode zero = nodes.replica(0);
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(one, ZERO);
            assertThat(nodes.environment.alive()).isNotEmpty();
            one.close();
            zero.close();
            await("the last thread", () -> nodes.environment.alive().isEmpty());
            one.close();
        }
    }

    @Test
    void aMemberThatIsTakenOutIsCutOffAndANewOneDialled() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            nodes.replica(0);
            nodes.replica(1);
            BlockingNetworkNode two = nodes.replica(2);
            awaitConnected(two, ZERO, ONE);
            nodes.members.remove(ONE);
            two.membershipChanged();
            await("cut off", () -> two.connected().equals(java.util.Set.of(ZERO)));
            nodes.replica(1);
            two.membershipChanged();
            awaitConnected(two, ZERO, ONE);
        }
    }

    @Test
    void aMemberThatIsTakenOutWhileItsConnectionBeginsIsCutOff() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            // Nobody is cut off for his silence.
            NetworkConfig patient = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofHours(1),
                    20,
                    Duration.ofMillis(5),
                    Duration.ofMillis(50),
                    Duration.ofSeconds(10)));
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), patient);
            KeyPair keys = nodes.keys();
            nodes.member(1, keys, List.of());
            CountDownLatch down = new CountDownLatch(1);
            zero.onPeerChange(new PeerListener() {
                @Override
                public void up(NodeId peer) {
                    // The handshake has looked already, and nobody says again that the membership has changed.
                    nodes.members.remove(ONE);
                }

                @Override
                public void down(NodeId peer) {
                    down.countDown();
                }
            });
            try (Channel channel =
                    nodes.memory.transport("x").connect(zero.listening().getFirst())) {
                new ScriptedPeer(nodes, keys, 1).handshake(channel);
                assertThat(down.await(TestNodes.LONG.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            }
        }
    }

    @Test
    void aStrangersKeyIsRefusedAndCounted() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TLS)) {
            BlockingNetworkNode zero = nodes.replica(0);
            KeyPair stranger = nodes.keys();
            BlockingNetworkNode intruder = new BlockingNetworkNode(
                    nodes.environment,
                    nodes.transport(stranger, "x"),
                    nodes.identity(1, stranger),
                    nodes,
                    TestNodes.CONFIG,
                    List.of(new NodeAddress("127.0.0.1", 0)));
            try (intruder) {
                intruder.start();
                await(
                        "unknown node",
                        () -> zero.counters().snapshot().rejections().get(RejectionReason.UNKNOWN_NODE) > 0);
                nodes.member(1, nodes.keys(), List.of());
                await("wrong key", () -> zero.counters().snapshot().rejections().get(RejectionReason.WRONG_KEY) > 0);
                assertThat(zero.connected()).isEmpty();
            }
        }
    }
}
