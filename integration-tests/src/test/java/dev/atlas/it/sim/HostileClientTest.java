package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.it.sim.byzantine.HostileClient;
import dev.atlas.it.sim.byzantine.Trick;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.replica.config.DurabilityMode;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing that a client can do on a network that works costs another client an answer, or a primary its view. */
@Tag("simulation")
class HostileClientTest {

    @ParameterizedTest
    @EnumSource
    void oneTrickOverAndOverHarmsNobodyElse(Trick trick) {
        play(EnumSet.of(trick), trick.ordinal());
    }

    @Test
    void allTricksTogetherHarmNobodyElse() {
        for (int seed = 100; seed < 103; seed++) {
            play(EnumSet.allOf(Trick.class), seed);
        }
    }

    /** Nobody orders again what is decided, and no state says that the sessions of nobody were asked for anything. */
    @Test
    void whatAReplicaForgetsByRestartingCostsNoPrimaryItsView() {
        long decidedBefore = 0;
        for (int seed = 200; seed < 203; seed++) {
            decidedBefore += replayToOneThatRestarts(seed);
        }
        assertThat(decidedBefore).as("bundles that were replayed").isPositive();
    }

    private static long replayToOneThatRestarts(long seed) {
        SimOptions options = SimOptions.of(4)
                .ordering(PbftConfig.defaults().withCheckpointPeriod(8))
                .durability(DurabilityMode.STRICT);
        try (SimCluster cluster = SimCluster.start(options, seed)) {
            HostileClient hostile = cluster.hostile(EnumSet.of(Trick.STRANGE_SESSIONS, Trick.REPLAY));
            callTimes(cluster, 40);
            cluster.crash(2);
            cluster.run(Duration.ofSeconds(1));
            cluster.restart(2);
            callTimes(cluster, 10);
            cluster.run(Duration.ofMinutes(2));
            hostile.end();
            cluster.checkRunning();
            assertInFirstView(cluster);
            long decidedBefore = cluster.status(2).requests().decidedBefore();
            cluster.clients().judge(cluster.executions());
            cluster.run(Duration.ofMillis(1));
            return decidedBefore;
        }
    }

    private static void callTimes(SimCluster cluster, int calls) {
        SimProcess.Outcome<Integer> done =
                cluster.client().callRandomly(new Randomness(calls), calls, 3, 0, Duration.ofMillis(50));
        assertThat(cluster.run(Duration.ofMinutes(1), done::isDone)).isTrue();
        assertThat(done.value()).isEqualTo(calls);
    }

    private static void assertInFirstView(SimCluster cluster) {
        for (int number = 0; number < 4; number++) {
            OrderingStatus ordering = cluster.status(number).orchestrator().ordering();
            assertThat(ordering.view()).isZero();
            assertThat(ordering.active()).isTrue();
        }
    }

    private static void play(Set<Trick> tricks, long seed) {
        try (SimCluster cluster = SimCluster.start(SimOptions.of(4), seed)) {
            SimCaller client = cluster.client();
            HostileClient hostile = cluster.hostile(tricks);
            SimProcess.Outcome<Integer> calls =
                    client.callRandomly(new Randomness(seed), 100, 3, 0.5, Duration.ofMillis(50));
            assertThat(cluster.run(Duration.ofMinutes(1), calls::isDone)).isTrue();
            hostile.end();
            assertThat(calls.value()).isEqualTo(100);
            assertThat(hostile.played().keySet()).isNotEmpty().isSubsetOf(tricks);
            cluster.run(Duration.ofSeconds(10));
            cluster.checkRunning();
            assertInFirstView(cluster);
            cluster.clients().judge(cluster.executions());
            cluster.run(Duration.ofMillis(1));
        }
    }
}
