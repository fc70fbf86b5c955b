package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.disk.SimDisk;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A reference run, repeated with power lost at each of its disk writes: before the write has reached the disk, and after it but before anybody hears of it. What
 * was said stands, what was acknowledged stays, and service goes on.
 *
 * <p>{@code -Datlas.crash.everyWrite=true} tries each of them, otherwise a few do.
 */
@Tag("simulation")
class CrashPointsTest {

    private static final boolean ALL = Boolean.getBoolean("atlas.crash.everyWrite");

    /** Of the writes of one replica, this many are tried each time. */
    private static final int SLICE = 6;

    private static final long SEED = 7;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int CALLS = 14;

    /** Votes, view changes and several checkpoints in few writes. */
    private static final PbftConfig ORDERING = new PbftConfig(
            4,
            4,
            PbftConfig.defaults().maxBundlesPerBatch(),
            Duration.ofSeconds(10),
            Duration.ofMillis(500),
            Duration.ofSeconds(4),
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofMillis(500),
            32,
            2);

    @Test
    void onePowerLossAtAnyWriteOfOneReplicaContradictsAndLosesNothing() {
        for (SimDisk.Moment moment : SimDisk.Moment.values()) {
            // The primary of view 0 and a backup.
            for (int victim : List.of(0, 1)) {
                everyWrite(victim, moment, List.of(victim));
            }
        }
    }

    @Test
    void onePowerLossOfAllAtAnyWriteContradictsAndLosesNothing() {
        for (SimDisk.Moment moment : SimDisk.Moment.values()) {
            everyWrite(0, moment, List.of(0, 1, 2, 3));
            everyWrite(2, moment, List.of(0, 1, 2, 3));
        }
    }

    private static void everyWrite(int watched, SimDisk.Moment moment, List<Integer> victims) {
        long writes = run(watched, Long.MAX_VALUE, moment, List.of());
        assertThat(writes).isGreaterThan(20);
        long step = ALL ? 1 : writes / SLICE;
        for (long write = 1 + (ALL ? 0 : (watched + moment.ordinal()) % step); write <= writes; write += step) {
            run(watched, write, moment, victims);
        }
    }

    /** Returns how many writes the watched replica has made until everything was answered. */
    private static long run(int watched, long crashAt, SimDisk.Moment moment, List<Integer> victims) {
        String what = "write " + crashAt + " of " + watched + " " + moment + ", " + victims;
        SimOptions options = SimOptions.of(4).ordering(ORDERING).durability(DurabilityMode.STRICT);
        SimCluster cluster = SimCluster.start(options, SEED);
        cluster.disk(watched)
                .at(
                        crashAt,
                        moment,
                        () -> cluster.scheduler().after(0, () -> {
                            victims.forEach(cluster::crash);
                            cluster.scheduler().after(300_000_000, () -> victims.forEach(cluster::restart));
                        }));
        SimCaller client = cluster.client();
        List<SimProcess.Outcome<Integer>> calls = IntStream.range(0, 2)
                .mapToObj(caller -> client.callRandomly(new Randomness(caller), CALLS, 3, 0, Duration.ofMillis(20)))
                .toList();
        assertThat(cluster.run(PATIENCE, () -> calls.stream().allMatch(SimProcess.Outcome::isDone)))
                .as("%s: all calls end", what)
                .isTrue();
        assertThat(calls).as(what).allMatch(outcome -> outcome.value() == CALLS);
        long writes = cluster.disk(watched).writes();
        cluster.run(Duration.ofSeconds(1)); // the write that is the last may still be under way
        assertThat(cluster.run(PATIENCE, () -> IntStream.range(0, 4).allMatch(cluster::isUp)))
                .as("%s: all run", what)
                .isTrue();
        converge(cluster, what);
        cluster.clients().judge(cluster.executions());
        cluster.close();
        return writes;
    }

    private static void converge(SimCluster cluster, String what) {
        for (int round = 0; round < 100; round++) {
            cluster.run(Duration.ofMillis(300));
            List<ReplicaStatus> statuses =
                    IntStream.range(0, 4).mapToObj(cluster::status).toList();
            assertThat(statuses)
                    .as(what)
                    .noneMatch(status -> status.orchestrator().ordering().learner());
            if (statuses.stream()
                            .map(status -> List.of(
                                    status.executor().executed(),
                                    status.executor().stateDigest()))
                            .distinct()
                            .count()
                    == 1) {
                return;
            }
        }
        throw new AssertionError(what + ": states stay different: "
                + IntStream.range(0, 4).mapToObj(cluster::status).toList());
    }
}
