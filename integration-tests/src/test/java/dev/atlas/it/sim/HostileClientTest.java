package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.it.sim.byzantine.HostileClient;
import dev.atlas.it.sim.byzantine.Trick;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
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
            for (int number = 0; number < 4; number++) {
                OrderingStatus ordering = cluster.status(number).orchestrator().ordering();
                assertThat(ordering.view()).isZero();
                assertThat(ordering.active()).isTrue();
            }
            cluster.clients().judge(cluster.executions());
            cluster.run(Duration.ofMillis(1));
        }
    }
}
