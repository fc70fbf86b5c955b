package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.disk.SimDisk;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import dev.atlas.replica.storage.DurableLog;
import dev.atlas.replica.storage.StorageException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Replicas that come back with their disks: from what, with what, and what is refused. */
@Tag("simulation")
class RestartTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final PbftConfig ORDERING = new PbftConfig(
            8,
            4,
            PbftConfig.defaults().maxBundlesPerBatch(),
            Duration.ofSeconds(10),
            Duration.ofMillis(500),
            Duration.ofSeconds(4),
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofMillis(500),
            32,
            8);

    private static SimCluster cluster(DurabilityMode mode) {
        return SimCluster.start(SimOptions.of(4).ordering(ORDERING).durability(mode), 11);
    }

    private static void call(SimCluster cluster, SimCaller client, int calls) {
        SimProcess.Outcome<Integer> outcome =
                client.callRandomly(new Randomness(calls), calls, 5, 0, Duration.ofMillis(1));
        assertThat(cluster.run(PATIENCE, outcome::isDone)).isTrue();
        assertThat(outcome.value()).isEqualTo(calls);
    }

    private static void converge(SimCluster cluster) {
        for (int round = 0; round < 200; round++) {
            cluster.run(Duration.ofMillis(200));
            List<ReplicaStatus> statuses =
                    cluster.correct().stream().map(cluster::status).toList();
            if (statuses.size() == 4
                    && statuses.stream()
                                    .map(status -> List.of(
                                            status.executor().executed(),
                                            status.executor().stateDigest()))
                                    .distinct()
                                    .count()
                            == 1) {
                return;
            }
        }
        throw new AssertionError("no common state: "
                + cluster.correct().stream().map(cluster::status).toList());
    }

    private static OrderingStatus ordering(SimCluster cluster, int number) {
        return cluster.status(number).orchestrator().ordering();
    }

    private static void end(SimCluster cluster) {
        cluster.checkRunning();
        cluster.clients().judge(cluster.executions());
        cluster.run(Duration.ofMillis(1));
        cluster.close();
    }

    @Test
    void aReplicaThatLacksOnlyDecisionsFetchesThemAndNoState() {
        SimCluster cluster = cluster(DurabilityMode.STRICT);
        SimCaller client = cluster.client();
        call(cluster, client, 30);
        cluster.crash(2);
        call(cluster, client, 14);
        cluster.restart(2);
        converge(cluster);
        assertThat(cluster.transferred()).isZero();
        assertThat(ordering(cluster, 2).learner()).isFalse();
        end(cluster);
    }

    @Test
    void aReplicaThatFellBelowTheLogsFetchesAStateOnceAndStartsFromItThen() {
        SimCluster cluster = cluster(DurabilityMode.STRICT);
        SimCaller client = cluster.client();
        call(cluster, client, 10);
        cluster.crash(2);
        call(cluster, client, 120);
        cluster.restart(2);
        converge(cluster);
        long transferred = cluster.transferred();
        assertThat(transferred).isPositive();
        assertThat(ordering(cluster, 2).learner()).isFalse();
        cluster.crash(2);
        cluster.restart(2);
        converge(cluster);
        assertThat(cluster.transferred()).isEqualTo(transferred);
        call(cluster, client, 40);
        converge(cluster);
        end(cluster);
    }

    @Test
    void afterPowerFailedEverywhereAnIdleClusterStillServesTheStateOfItsCheckpoint() {
        SimCluster cluster = cluster(DurabilityMode.STRICT);
        SimCaller client = cluster.client();
        call(cluster, client, 10);
        cluster.crash(3);
        call(cluster, client, 120);
        IntStream.range(0, 3).forEach(cluster::crash);
        IntStream.range(0, 4).forEach(cluster::restart);
        converge(cluster);
        assertThat(cluster.transferred()).isPositive();
        end(cluster);
    }

    /** The decision of the last write is on few disks or none, and as long as the replicas cannot talk to each other they cannot make it again. */
    @Test
    void afterPowerFailedEverywhereNoReadMissesWhatHadBeenWritten() {
        for (int seed = 0; seed < 20; seed++) {
            SimCluster cluster = SimCluster.start(
                    SimOptions.of(4)
                            .ordering(ORDERING)
                            .durability(DurabilityMode.STRICT)
                            .client(ClientConfig.defaults().withLinearizableReads(true)),
                    seed);
            SimCaller client = cluster.client();
            for (String value : List.of("a", "b", "c")) {
                SimProcess.Outcome<Boolean> written = client.put("k", value);
                assertThat(cluster.run(PATIENCE, written::isDone)).isTrue();
            }
            IntStream.range(0, 4).forEach(cluster::crash);
            cluster.partition(List.of(0), List.of(1), List.of(2), List.of(3));
            IntStream.range(0, 4).forEach(cluster::restart);
            SimProcess.Outcome<Boolean> read = client.read("k");
            cluster.run(Duration.ofSeconds(3));
            cluster.heal();
            assertThat(cluster.run(PATIENCE, read::isDone)).isTrue();
            assertThat(read.value()).isTrue();
            converge(cluster);
            end(cluster);
        }
    }

    @Test
    void aWipedReplicaIsALearnerThenVotesAndVotesAfterItsNextRestart() {
        SimCluster cluster = cluster(DurabilityMode.STRICT);
        SimCaller client = cluster.client();
        call(cluster, client, 30);
        cluster.crash(1);
        cluster.wipe(1);
        cluster.restart(1);
        assertThat(cluster.run(PATIENCE, () -> cluster.isUp(1))).isTrue();
        assertThat(ordering(cluster, 1).learner()).isTrue();
        for (int round = 0; round < 100 && ordering(cluster, 1).learner(); round++) {
            cluster.run(Duration.ofMillis(500));
        }
        assertThat(ordering(cluster, 1).learner()).isFalse();
        cluster.run(Duration.ofSeconds(2));
        for (int number = 0; number < 4; number++) {
            assertThat(ordering(cluster, number))
                    .as("all have gone to a view that it cannot have promised to stay out of")
                    .matches(seen -> seen.active() && seen.view() == 1);
        }
        cluster.crash(1);
        cluster.restart(1);
        converge(cluster);
        assertThat(ordering(cluster, 1).learner()).isFalse();
        cluster.crash(3); // and is needed
        call(cluster, client, 20);
        cluster.restart(3);
        converge(cluster);
        end(cluster);
    }

    @Test
    void aReplicaWhoseDiskIsFullStopsTheOthersGoOnAndItComesBackWithEverything() {
        for (String how : List.of("No space left on device", "Input/output error")) {
            SimCluster cluster = cluster(DurabilityMode.STRICT);
            SimCaller client = cluster.client();
            call(cluster, client, 20);
            cluster.disk(0).fail(how); // the primary's
            call(cluster, client, 20);
            assertThat(cluster.run(PATIENCE, () -> cluster.hasStopped(0))).isTrue();
            cluster.crash(0);
            cluster.disk(0).repair();
            cluster.restart(0);
            converge(cluster);
            assertThat(ordering(cluster, 0).learner()).isFalse();
            end(cluster);
        }
    }

    @Test
    void writtenBehindOnlyWhoWasClosedInOrderVotesAtOnce() {
        SimCluster cluster = cluster(DurabilityMode.OPTIMISTIC);
        SimCaller client = cluster.client();
        call(cluster, client, 30);
        boolean[] closed = new boolean[1];
        cluster.close(1, () -> closed[0] = true);
        assertThat(cluster.run(PATIENCE, () -> closed[0])).isTrue();
        cluster.restart(1);
        assertThat(cluster.run(PATIENCE, () -> cluster.isUp(1))).isTrue();
        assertThat(ordering(cluster, 1).learner()).isFalse();
        cluster.crash(2);
        cluster.restart(2);
        assertThat(cluster.run(PATIENCE, () -> cluster.isUp(2))).isTrue();
        assertThat(ordering(cluster, 2).learner()).isTrue();
        converge(cluster);
        end(cluster);
    }

    /** Of each kind of record that a replica writes, a few with one bit flipped in each of some places. */
    @Test
    void aBitFlippedInAnyRecordIsRefusedAndNothingIsChanged() throws Exception {
        SimCluster cluster = cluster(DurabilityMode.STRICT);
        SimCaller client = cluster.client();
        call(cluster, client, 30);
        cluster.crash(0); // a view change, whose records are to be there too
        call(cluster, client, 13);
        cluster.crash(1);
        SimDisk disk = cluster.disk(1);
        SortedMap<byte[], byte[]> good = disk.contents();
        Map<Character, Integer> tried = new TreeMap<>();
        Randomness random = new Randomness(1);
        try (Environment environment = SystemEnvironment.create("damage")) {
            for (byte[] key : good.keySet()) {
                if (tried.merge((char) key[0], 1, Integer::sum) > 3) {
                    continue;
                }
                int size = good.get(key).length;
                for (int place : new TreeSet<>(List.of(0, 1, 4, 5, size - 1, random.below(size), random.below(size)))) {
                    SortedMap<byte[], byte[]> bad = disk.contents();
                    bad.get(key)[Math.min(place, size - 1)] ^= (byte) (1 << random.below(Byte.SIZE));
                    SimDisk damaged = new SimDisk(new Randomness(2));
                    damaged.contents(bad);
                    assertThatThrownBy(() -> DurableLog.open(environment, cluster.config(1), damaged, unused -> {}))
                            .as("byte %d of %s", place, Arrays.toString(key))
                            .isInstanceOf(StorageException.class)
                            .message()
                            .satisfiesAnyOf(
                                    message -> assertThat(message).contains("Put the directory aside"),
                                    message -> assertThat(message).contains("newer version of Atlas"));
                    assertThat(text(damaged.contents())).isEqualTo(text(bad));
                }
            }
            // Identity, stable checkpoint, views, Q, P, batches, decisions, state and its parts.
            assertThat(tried.keySet()).contains('i', 'c', 'w', 'q', 'p', 'b', 'd', 's', 't');
            DurableLog.open(environment, cluster.config(1), disk, unused -> {}).close();
        }
        cluster.restart(0);
        cluster.restart(1);
        converge(cluster);
        end(cluster);
    }

    private static String text(SortedMap<byte[], byte[]> contents) {
        StringBuilder text = new StringBuilder();
        contents.forEach((key, value) ->
                text.append(Arrays.toString(key)).append(Arrays.toString(value)).append('\n'));
        return text.toString();
    }
}
