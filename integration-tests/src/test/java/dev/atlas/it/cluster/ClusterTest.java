package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.client.SmrException;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ring 4: real threads and sockets, all replicas in this process. */
@Timeout(120)
class ClusterTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void whatWasWrittenIsReadOrderedAndUnordered() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new KeyValueStore());
                var client = cluster.client()) {
            assertThat(client.execute(put("a", "1"))).isEqualTo(new KeyValueReply.Value(Optional.empty()));
            assertThat(client.execute(put("a", "2"))).isEqualTo(value("1"));
            assertThat(client.execute(get("a"))).isEqualTo(value("2"));
            assertThat(client.executeUnordered(get("a"))).isEqualTo(value("2"));
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void manyCallersShareBundlesAndExecuteExactlyOnceOverManyCheckpoints() throws Exception {
        var options = LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(8));
        try (var cluster = LocalCluster.start(options, new Counters());
                var client = cluster.client()) {
            int callers = 32;
            int each = 50;
            Collection<Long> answers = new ConcurrentLinkedQueue<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> ended = new ArrayList<>();
                for (int caller = 0; caller < callers; caller++) {
                    ended.add(threads.submit(() -> {
                        for (int call = 0; call < each; call++) {
                            answers.add(client.execute("counter"));
                        }
                        return null;
                    }));
                }
                for (Future<?> caller : ended) {
                    caller.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                }
            }
            assertThat(answers).doesNotHaveDuplicates().hasSize(callers * each);
            assertThat(client.execute("counter")).isEqualTo(callers * each + 1L);
            assertThat(client.statistics().bundles()).isLessThan(callers * each);
            cluster.awaitEqualStates(PATIENCE);
            cluster.await(
                    "a stable checkpoint",
                    PATIENCE,
                    () -> cluster.statuses().stream()
                            .allMatch(status -> status.orchestrator().ordering().stable() > 16));
        }
    }

    @Test
    void aKilledPrimaryIsReplacedAndNothingIsLost() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("before", "1"));
            cluster.kill(cluster.leader());
            client.execute(put("after", "2"));
            assertThat(client.execute(get("before"))).isEqualTo(value("1"));
            assertThat(client.execute(get("after"))).isEqualTo(value("2"));
            assertThat(cluster.leader()).isNotZero();
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void aKilledBackupIsNotMissed() throws Exception {
        try (var cluster = LocalCluster.start(patient(), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "1"));
            cluster.kill(3);
            assertThat(client.execute(put("k", "2"))).isEqualTo(value("1"));
            assertThat(cluster.leader()).isZero();
        }
    }

    @Test
    void twoSuccessivePrimariesOfSevenMayDie() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(7), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "0"));
            cluster.kill(0);
            client.execute(put("k", "1"));
            cluster.kill(1);
            assertThat(client.execute(put("k", "2"))).isEqualTo(value("1"));
            cluster.awaitEqualStates(PATIENCE);
            assertThat(cluster.leader()).isEqualTo(2);
        }
    }

    @Test
    void aPartitionWithoutQuorumStopsProgressAndHealingRestoresIt() throws Exception {
        try (var cluster = LocalCluster.start(
                        LocalCluster.Options.of(4).client(config -> config.withDeadline(Duration.ofSeconds(60))),
                        new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "1"));
            cluster.links().partition(Set.of(id(0), id(1)), Set.of(id(2), id(3)));
            CompletableFuture<KeyValueReply> pending = client.submit(put("k", "2"));
            cluster.await(
                    "views asked for in vain",
                    PATIENCE,
                    () -> cluster.statuses().stream()
                            .noneMatch(
                                    status -> status.orchestrator().ordering().active()));
            assertThat(pending).isNotDone();
            cluster.links().heal();
            assertThat(pending.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(value("1"));
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void aReplicaThatWasCutOffCatchesUpFromTheOthersLogs() throws Exception {
        var options = LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(16));
        try (var cluster = LocalCluster.start(options, new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "1"));
            cluster.links().partition(Set.of(id(3)), Set.of(id(0), id(1), id(2)));
            for (int number = 0; number < 30; number++) {
                client.execute(put("k" + number, "x"));
            }
            cluster.links().heal();
            client.execute(put("k", "3"));
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void anEquivocatingPrimaryIsReplaced() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "1"));
            // The primary sends every backup a PRE-PREPARE of its own.
            cluster.links()
                    .addOrdering((from, to, message) -> Optional.of(
                            from.equals(id(0)) && message instanceof OrderingMessage.PrePrepare proposal
                                    ? new OrderingMessage.PrePrepare(
                                            proposal.epoch(),
                                            proposal.view(),
                                            proposal.sequence(),
                                            dev.atlas.core.message.Batches.of(
                                                    proposal.batch().timestampMillis() + to.number(),
                                                    proposal.batch().bundles()))
                                    : message));
            assertThat(client.execute(put("k", "2"))).isEqualTo(value("1"));
            assertThat(cluster.leader()).isNotZero();
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void aPrimaryThatProposesToNobodyIsReplaced() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "1"));
            cluster.links()
                    .addOrdering(
                            (from, to, message) -> from.equals(id(0)) && message instanceof OrderingMessage.PrePrepare
                                    ? Optional.empty()
                                    : Optional.of(message));
            assertThat(client.execute(put("k", "2"))).isEqualTo(value("1"));
            assertThat(cluster.leader()).isNotZero();
        }
    }

    @Test
    void lostMessagesAreMadeUpForByStatus() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new KeyValueStore());
                var client = cluster.client()) {
            int[] count = {0};
            var lock = new java.util.concurrent.locks.ReentrantLock();
            cluster.links().addOrdering((from, to, message) -> {
                lock.lock();
                try {
                    return count[0]++ % 5 == 0 ? Optional.empty() : Optional.of(message);
                } finally {
                    lock.unlock();
                }
            });
            for (int number = 0; number < 20; number++) {
                client.execute(put("k" + number, "x"));
            }
            cluster.links().heal();
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void requestsAndRepliesThatAreLostAreSentAgainAndExecutedOnce() throws Exception {
        var options = LocalCluster.Options.of(4)
                .client(client ->
                        client.withRetransmit(new Backoff.Policy(Duration.ofMillis(100), Duration.ofMillis(400))));
        try (var cluster = LocalCluster.start(options, new Counters());
                var client = cluster.client()) {
            client.execute("counter");
            AtomicInteger messages = new AtomicInteger();
            cluster.links()
                    .add((from, to, module, payload) -> module == ModuleId.APPLICATION
                                    && new SplittableRandom(messages.incrementAndGet()).nextInt(3) != 0
                            ? Optional.empty()
                            : Optional.of(payload));
            for (long count = 2; count <= 12; count++) {
                assertThat(client.execute("counter")).isEqualTo(count);
            }
            assertThat(client.statistics().retransmissions()).isPositive();
            cluster.links().heal();
            assertThat(client.execute("counter")).isEqualTo(13L);
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void aReplicaWhoseMessagesComeLateHoldsNobodyUpAndKeepsUp() throws Exception {
        try (var cluster = LocalCluster.start(patient(), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("warm", "up"));
            ReplicaId slow = new ReplicaId(3);
            Duration lag = Duration.ofMillis(150);
            cluster.links().delay((from, to) -> from.equals(slow) || to.equals(slow) ? lag : Duration.ZERO);
            Duration fastest = Duration.ofDays(1);
            for (int call = 0; call < 40; call++) {
                long start = cluster.environment().clock().nanoTime();
                client.execute(put("k" + call, "v"));
                Duration took = Duration.ofNanos(cluster.environment().clock().nanoTime() - start);
                fastest = took.compareTo(fastest) < 0 ? took : fastest;
            }
            assertThat(fastest)
                    .as("a call that waits for the slow replica takes longer")
                    .isLessThan(lag);
            assertThat(cluster.leader()).isZero();
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void aRestartedReplicaIsALearnerThatFollows() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "1"));
            cluster.kill(2);
            client.execute(put("k", "2"));
            cluster.links().heal();
            cluster.start(2, dev.atlas.replica.config.StartMode.LEARNER);
            client.execute(put("k", "3"));
            cluster.awaitEqualStates(PATIENCE);
            ReplicaStatus learner = cluster.replica(2).orElseThrow().status();
            assertThat(learner.orchestrator().ordering().learner()).isTrue();
            assertThat(learner.executor().executed()).isPositive();
        }
    }

    @Test
    void anExceptionOfTheApplicationIsTheCallersError() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new Counters());
                var client = cluster.client()) {
            assertThatThrownBy(() -> client.execute("fail"))
                    .isInstanceOf(SmrException.ApplicationFailed.class)
                    .hasMessageContaining("asked to fail");
            assertThat(client.execute("counter")).isEqualTo(1L);
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void withoutAQuorumTheOutcomeIsUnknown() throws Exception {
        var options = LocalCluster.Options.of(4).client(config -> config.withDeadline(Duration.ofSeconds(2)));
        try (var cluster = LocalCluster.start(options, new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k", "1"));
            cluster.kill(0);
            cluster.kill(1);
            assertThatThrownBy(() -> client.execute(put("k", "2"))).isInstanceOf(SmrException.OutcomeUnknown.class);
        }
    }

    @Test
    void noThreadSurvivesClose() throws Exception {
        var cluster = LocalCluster.start(LocalCluster.Options.of(4), new KeyValueStore());
        SmrClient<KeyValueRequest, KeyValueReply> client = cluster.client();
        client.execute(put("k", "1"));
        assertThat(cluster.virtualThreads()).hasSizeGreaterThan(20);
        cluster.close();
        for (long end = System.nanoTime() + PATIENCE.toNanos(); hasThreads(cluster) && System.nanoTime() < end; ) {
            Thread.sleep(10);
        }
        assertThat(cluster.virtualThreads()).isEmpty();
        assertThat(platformThreads()).isEmpty();
    }

    private static boolean hasThreads(LocalCluster<?, ?, ?> cluster) {
        return !cluster.virtualThreads().isEmpty() || !platformThreads().isEmpty();
    }

    private static List<Thread> platformThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("cluster-") && thread.isAlive())
                .toList();
    }

    /** Where the leader is to stay: a busy machine is no reason to replace it. */
    private static LocalCluster.Options patient() {
        return LocalCluster.Options.of(4).requests(config -> config.withRequestTimeout(Duration.ofSeconds(10)));
    }

    private static ReplicaId id(int number) {
        return new ReplicaId(number);
    }

    private static KeyValueRequest put(String key, String value) {
        return new KeyValueRequest.Put(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(value));
    }

    private static KeyValueRequest get(String key) {
        return new KeyValueRequest.Get(ByteString.copyFromUtf8(key));
    }

    private static KeyValueReply value(String value) {
        return new KeyValueReply.Value(Optional.of(ByteString.copyFromUtf8(value)));
    }
}
