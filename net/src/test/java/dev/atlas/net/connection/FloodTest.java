package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Isolation and backpressure: readers that always have more to read leave others the carriers too. */
class FloodTest {

    private static final ReplicaId ZERO = new ReplicaId(0);
    private static final int CARRIERS = Runtime.getRuntime().availableProcessors();
    private static final int FLOODS = 2 * CARRIERS;
    private static final int ROUND_TRIPS = 20;
    private static final int MESSAGES = 10_000;

    /** No heartbeat decides: what is looked at is whether messages get through. */
    private static final NetworkConfig PATIENT = TestNodes.CONFIG.withTiming(new NetworkConfig.Timing(
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            20,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(10)));

    private final AtomicBoolean over = new AtomicBoolean();

    /** About what it costs to see that a message is none. */
    private static void decode(ByteBuffer message) {
        CRC32 sum = new CRC32();
        for (int times = 0; times < 100; times++) {
            sum.update(message.duplicate());
        }
        assertThat(sum.getValue()).isNotNegative();
    }

    private void flood(HostileClient client) {
        while (!over.get() && client.isOpen()) {
            client.burst(MESSAGES);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Wire.class,
            names = {"TCP", "TLS"})
    void clientsThatSendWithoutPauseLeaveOthersTheirTurn(Wire wire) throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<HostileClient> hostile = new ArrayList<>();
        try (TestNodes nodes = new TestNodes(wire)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), PATIENT);
            Set<NodeId> heard = ConcurrentHashMap.newKeySet();
            zero.incoming(ModuleId.APPLICATION).receiver((from, messages) -> {
                heard.add(from);
                messages.forEach(FloodTest::decode);
            });
            zero.incoming(ModuleId.PROTOCOL)
                    .receiver((from, messages) -> messages.forEach(
                            message -> zero.outgoing(ModuleId.PROTOCOL).send(from, message)));
            BlockingNetworkNode one = nodes.replica(1, nodes.keys(), PATIENT);
            Semaphore answers = new Semaphore(0);
            one.incoming(ModuleId.PROTOCOL).receiver((from, messages) -> answers.release(messages.size()));
            awaitConnected(one, ZERO);
            awaitConnected(zero, one.self());
            try {
                for (int client = 0; client < FLOODS; client++) {
                    hostile.add(HostileClient.connect(nodes, zero.listening().getFirst()));
                }
                hostile.forEach(
                        client -> threads.add(Thread.ofPlatform().daemon().start(() -> flood(client))));
                await("the floods", () -> heard.size() >= CARRIERS);
                for (int trip = 0; trip < ROUND_TRIPS; trip++) {
                    one.outgoing(ModuleId.PROTOCOL).send(ZERO, TestNodes.text("ping"));
                    assertThat(answers.tryAcquire(TestNodes.LONG.toSeconds(), TimeUnit.SECONDS))
                            .as("answer %d", trip)
                            .isTrue();
                }
            } finally {
                over.set(true);
                hostile.forEach(HostileClient::close);
                for (Thread thread : threads) {
                    thread.join();
                }
            }
        }
    }
}
