package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.metrics.NetworkCounters.Snapshot;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The whole catalogue at once, while an honest client keeps a node busy over TLS. Windows with and without the attack alternate, so that a
 * busy machine hits both; what counts is their ratio.
 *
 * <p>{@code -Datlas.underAttack.perSecond} sets how often each attacker strikes, {@code -Datlas.underAttack.windows} how many windows
 * there are at least.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class UnderAttackTest {

    private static final ReplicaId ZERO = new ReplicaId(0);
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** What fits the part of the node's memory that is this client's own: it retransmits nothing that is dropped. */
    private static final int OUTSTANDING = 12;

    /** Connections that one attacker keeps open. */
    private static final int HELD = 30;

    private static final double LEAST_RATIO = 0.7;

    private static final NetworkConfig CONFIG = TestNodes.CONFIG
            .withTiming(new NetworkConfig.Timing(
                    Duration.ofMillis(500),
                    Duration.ofSeconds(5),
                    Duration.ofMillis(200),
                    15,
                    Duration.ofMillis(5),
                    Duration.ofMillis(50),
                    Duration.ofSeconds(10)))
            .withLimits(new NetworkConfig.Limits(Attack.FRAME, 1024, 1024, 40, 40, 100, 100, 2 * Attack.FRAME));

    private final AtomicBoolean attacking = new AtomicBoolean();
    private final AtomicBoolean over = new AtomicBoolean();
    private final LongAdder answers = new LongAdder();
    private final LongAdder strikes = new LongAdder();

    private static void pause(long nanos) {
        LockSupport.parkNanos(nanos);
    }

    private void strike(Attack attack, TestNodes nodes, NodeAddress target) {
        long nanos = TimeUnit.SECONDS.toNanos(1) / Integer.getInteger("atlas.underAttack.perSecond", 5);
        Deque<Channel> held = new ArrayDeque<>();
        while (!over.get()) {
            if (attacking.get()) {
                strikes.increment();
                try {
                    held.add(attack.begin(nodes, target));
                } catch (IOException cutOff) {
                    // As it should be: what the node counts is what this test looks at.
                    pause(nanos);
                }
                if (held.size() > HELD) {
                    held.remove().close();
                }
            }
            pause(nanos);
        }
        held.forEach(Channel::close);
    }

    private long window(boolean attack) {
        attacking.set(attack);
        long from = System.nanoTime();
        long before = answers.sum();
        for (long left = WINDOW_NANOS; left > 0; left = from + WINDOW_NANOS - System.nanoTime()) {
            pause(left);
        }
        return (answers.sum() - before) * WINDOW_NANOS / (System.nanoTime() - from);
    }

    /** Sends as long as there are permits; every answer is one. */
    private void ask(BlockingNetworkNode client, Semaphore permits) {
        while (!over.get()) {
            permits.acquireUninterruptibly();
            if (!client.outgoing(ModuleId.APPLICATION).send(ZERO, ByteBuffer.allocate(1024))) {
                permits.release();
                pause(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    @Test
    void theCatalogueAtOnceLeavesAnotherClientMostOfItsThroughputAndEachCaseIsCounted() throws Exception {
        List<Thread> threads = new ArrayList<>();
        try (TestNodes nodes = new TestNodes(Wire.TLS)) {
            BlockingNetworkNode zero = nodes.replica(0, nodes.keys(), CONFIG);
            nodes.member(Attack.VICTIM, nodes.keys(), List.of());
            zero.incoming(ModuleId.APPLICATION)
                    .receiver((from, messages) -> messages.forEach(
                            m -> zero.outgoing(ModuleId.APPLICATION).send(from, m)));
            Semaphore permits = new Semaphore(OUTSTANDING);
            BlockingNetworkNode client = nodes.client(CONFIG);
            client.incoming(ModuleId.APPLICATION).receiver((from, messages) -> {
                answers.add(messages.size());
                permits.release(messages.size());
            });
            client.start();
            awaitConnected(client, ZERO);
            try {
                threads.add(Thread.ofVirtual().start(() -> ask(client, permits)));
                NodeAddress target = zero.listening().getFirst();
                for (Attack attack : Attack.values()) {
                    threads.add(Thread.ofPlatform().daemon().start(() -> strike(attack, nodes, target)));
                }
                measure(zero);
                assertThat(client.connected()).as("never lost").containsExactly(ZERO);
            } finally {
                over.set(true);
                permits.release(OUTSTANDING);
                for (Thread thread : threads) {
                    thread.join();
                }
            }
        }
    }

    private void measure(BlockingNetworkNode zero) {
        // The first windows load and compile what all need.
        for (int warmup = 0; warmup < 4; warmup++) {
            window(warmup % 2 == 1);
        }
        int atLeast = Integer.getInteger("atlas.underAttack.windows", 8);
        long deadline = System.nanoTime() + TestNodes.LONG.toNanos();
        long normal = 0;
        long attacked = 0;
        double ratio = 0;
        List<Attack> unmet = List.of(Attack.values());
        for (int windows = 0; windows < atLeast || ratio < LEAST_RATIO || !unmet.isEmpty(); windows++) {
            normal += window(false);
            attacked += window(true);
            ratio = (double) attacked / Math.max(1, normal);
            Snapshot counts = zero.counters().snapshot();
            unmet = List.of(Attack.values()).stream()
                    .filter(attack -> attack.count(counts) == 0)
                    .toList();
            if (windows >= atLeast) {
                assertThat(System.nanoTime())
                        .as("deadline: ratio %.2f, never met: %s", ratio, unmet)
                        .isLessThan(deadline);
            }
        }
        System.out.printf("under attack: %.2f of normal throughput, %d strikes%n", ratio, strikes.sum());
    }
}
