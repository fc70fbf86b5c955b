package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static dev.atlas.net.connection.TestNodes.inbox;
import static dev.atlas.net.connection.TestNodes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.frame.OutgoingFrame;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.handshake.PeerIdentity;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.InMemoryNetwork;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pools of connections, and who is at the other end of them. */
class PoolTest {

    private static final ReplicaId ZERO = new ReplicaId(0);
    private static final ReplicaId ONE = new ReplicaId(1);

    private static final SystemEnvironment ENVIRONMENT = SystemEnvironment.create("pool");

    private final PeerConnections pool = new PeerConnections(3);

    @AfterAll
    static void close() {
        ENVIRONMENT.close();
    }

    private static Connection connection(int index) throws Exception {
        InMemoryNetwork memory = new InMemoryNetwork();
        try (var listener = memory.transport("a").listen(new NodeAddress("a", 0))) {
            NetworkCounters counters = new NetworkCounters();
            return new Connection(
                    new PeerIdentity(ONE, NodeKind.REPLICA, new dev.atlas.net.crypto.PublicKey(new byte[32])),
                    index,
                    memory.transport("b").connect(listener.address()),
                    NetworkConfig.DEFAULT,
                    NodeKind.REPLICA,
                    counters,
                    new Receivers(counters),
                    SharedMemory.unlimited(),
                    ENVIRONMENT);
        }
    }

    private int index(ModuleId module) {
        return pool.pick(module).orElseThrow().index();
    }

    @Test
    void bulkKeepsOffTheConnectionOfTheVotesAndTakesTheOneWithTheLeastWaiting() throws Exception {
        Connection first = connection(0);
        Connection second = connection(1);
        Connection third = connection(2);
        pool.put(first);
        pool.put(second);
        pool.put(third);
        assertThat(index(ModuleId.PROTOCOL)).isZero();
        assertThat(index(ModuleId.APPLICATION)).isEqualTo(1);
        second.queue().offer(ModuleId.APPLICATION, OutgoingFrame.of(ModuleId.APPLICATION, ByteBuffer.allocate(10_000)));
        assertThat(index(ModuleId.STATE_TRANSFER)).isEqualTo(2);
        assertThat(index(ModuleId.APPLICATION)).as("pinned").isEqualTo(1);
    }

    @Test
    void aLossDegradesAndARepairSeparatesBulkFromVotesAgain() throws Exception {
        Connection first = connection(0);
        Connection second = connection(1);
        pool.put(first);
        assertThat(index(ModuleId.STATE_TRANSFER)).as("the only one").isZero();
        assertThat(index(ModuleId.PROTOCOL)).isZero();
        pool.put(second);
        assertThat(index(ModuleId.STATE_TRANSFER)).isEqualTo(1);
        first.close(DownReason.FAILED, "test");
        assertThat(index(ModuleId.PROTOCOL)).isEqualTo(1);
        pool.remove(first);
        pool.put(connection(0));
        assertThat(index(ModuleId.PROTOCOL)).as("moves only by a death").isEqualTo(1);
        assertThat(index(ModuleId.STATE_TRANSFER))
                .as("no longer with the votes")
                .isZero();
        second.close(DownReason.FAILED, "test");
        assertThat(index(ModuleId.PROTOCOL)).isZero();
    }

    @Test
    void aPoolWithoutALivingConnectionHasNone() throws Exception {
        Connection only = connection(0);
        pool.put(only);
        only.close(DownReason.FAILED, "test");
        assertThat(pool.pick(ModuleId.PROTOCOL)).isEmpty();
        assertThat(pool.pick(ModuleId.STATE_TRANSFER)).isEmpty();
    }

    @Test
    void aNodeListensOnSeveralAddressesAndIsReachedByWhicheverWorks() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TCP)) {
            KeyPair keys = nodes.keys();
            nodes.member(0, keys, List.of());
            BlockingNetworkNode zero = new BlockingNetworkNode(
                    nodes.environment,
                    nodes.transport(keys, "zero"),
                    nodes.identity(0, keys),
                    nodes,
                    TestNodes.CONFIG,
                    List.of(new NodeAddress("127.0.0.1", 0), new NodeAddress("127.0.0.1", 0)));
            try (zero) {
                zero.start();
                assertThat(zero.listening()).hasSize(2).doesNotHaveDuplicates();
                // Nobody listens at the first.
                NodeAddress dead = new NodeAddress("127.0.0.1", 1);
                nodes.member(0, keys, List.of(dead, zero.listening().get(1)));
                BlockingNetworkNode one = nodes.replica(1);
                awaitConnected(one, ZERO);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Wire.class,
            names = {"TCP", "TLS"})
    void aKeyIsReplacedWithoutARestartAndTheOldOneIsWorthNothingThen(Wire wire) throws Exception {
        try (TestNodes nodes = new TestNodes(wire)) {
            KeyPair old = nodes.keys();
            BlockingNetworkNode zero = nodes.replica(0, old, TestNodes.CONFIG);
            List<String> received = inbox(zero, ModuleId.PROTOCOL);
            BlockingNetworkNode one = nodes.replica(1);
            awaitConnected(one, ZERO);
            KeyPair fresh = nodes.keys();
            zero.replaceKey(nodes.identity(0, fresh));
            assertThat(one.connected()).as("nothing is cut by that alone").contains(ZERO);
            nodes.member(0, fresh, zero.listening());
            long before = one.counters().snapshot().reconnects();
            one.membershipChanged();
            await(
                    "a connection with the new key",
                    () -> one.connected().contains(ZERO)
                            && one.counters().snapshot().reconnects() > before
                            && one.outgoing(ModuleId.PROTOCOL).send(ZERO, text("after")));
            await("the message", () -> received.contains("replica-1:after"));
            zero.replaceKey(nodes.identity(0, old));
            one.membershipChanged();
            nodes.member(0, nodes.keys(), zero.listening());
            one.membershipChanged();
            await(
                    "refusal of the old key",
                    () -> one.counters().snapshot().rejections().get(RejectionReason.WRONG_KEY) > 0);
        }
    }

    @Test
    void aClientCannotChangeItsKey() {
        try (TestNodes nodes = new TestNodes(Wire.MEMORY)) {
            BlockingNetworkNode client = nodes.client(TestNodes.CONFIG);
            assertThatThrownBy(() ->
                            client.replaceKey(LocalIdentity.client(TestNodes.CLUSTER, nodes.scheme, nodes.keys())))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
