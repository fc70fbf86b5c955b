package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode.PeerListener;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/**
 * Many clients connect at the same moment, more than a node lets begin and finish in time: those that are turned away or cut off come
 * back until they are served, and none loses a connection that it has been given. {@code -Datlas.storm.clients} sets how many.
 */
class StormTest {

    private static final ReplicaId ZERO = new ReplicaId(0);
    private static final int CLIENTS = Integer.getInteger("atlas.storm.clients", 200);
    private static final int AT_ONCE = 60;

    private static NetworkConfig.Timing within(Duration handshake) {
        return new NetworkConfig.Timing(
                handshake,
                Duration.ofSeconds(20),
                Duration.ofSeconds(1),
                20,
                Duration.ofMillis(20),
                Duration.ofMillis(200),
                Duration.ofSeconds(10));
    }

    private static final NetworkConfig HASTY = TestNodes.CONFIG
            .withTiming(within(Duration.ofMillis(250)))
            .withLimits(
                    new NetworkConfig.Limits(1024, 1024, 1024, AT_ONCE, AT_ONCE, 2 * CLIENTS, 2 * CLIENTS, 1 << 20));

    private static final NetworkConfig PATIENT = TestNodes.CONFIG.withTiming(within(Duration.ofSeconds(20)));

    private static final class Counting implements PeerListener {

        private final AtomicInteger ups = new AtomicInteger();
        private final AtomicInteger downs = new AtomicInteger();

        @Override
        public void up(NodeId peer) {
            ups.incrementAndGet();
        }

        @Override
        public void down(NodeId peer) {
            downs.incrementAndGet();
        }
    }

    @Test
    void everyClientIsServedAndNoneLosesAConnectionThatItHas() throws Exception {
        try (TestNodes nodes = new TestNodes(Wire.TLS)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), HASTY);
            Counting atNode = new Counting();
            zero.onPeerChange(atNode);
            zero.incoming(ModuleId.APPLICATION)
                    .receiver((from, messages) -> messages.forEach(
                            message -> zero.outgoing(ModuleId.APPLICATION).send(from, message)));
            Counting atClients = new Counting();
            LongAdder answers = new LongAdder();
            List<BlockingNetworkNode> clients = new ArrayList<>();
            for (int number = 0; number < CLIENTS; number++) {
                BlockingNetworkNode client = nodes.client(PATIENT);
                client.onPeerChange(atClients);
                client.incoming(ModuleId.APPLICATION).receiver((from, messages) -> answers.add(messages.size()));
                clients.add(client);
            }
            clients.forEach(BlockingNetworkNode::start);
            await(
                    "all connected",
                    () -> atClients.ups.get() >= CLIENTS && zero.connected().size() == CLIENTS);
            clients.forEach(client -> client.outgoing(ModuleId.APPLICATION).send(ZERO, ByteBuffer.allocate(100)));
            await("all served", () -> answers.sum() == CLIENTS);
            assertThat(atClients.downs).as("connections that clients lost").hasValue(0);
            assertThat(atNode.downs).as("connections that the node lost").hasValue(0);
            assertThat(atNode.ups).hasValue(CLIENTS);
            System.out.println("storm: " + zero.counters().snapshot().rejections());
        }
    }
}
