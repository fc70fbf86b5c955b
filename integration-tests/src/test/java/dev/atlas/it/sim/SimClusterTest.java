package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("simulation")
class SimClusterTest {

    @Test
    void aQuietClusterAnswersEveryCall() {
        try (SimCluster cluster = SimCluster.start(SimOptions.of(4), 1)) {
            SimCaller client = cluster.client();
            SimProcess.Outcome<Integer> calls = client.callRandomly(new Randomness(1), 100, 3, 0.5, Duration.ZERO);
            assertThat(cluster.run(Duration.ofSeconds(30), calls::isDone)).isTrue();
            assertThat(calls.value()).isEqualTo(100);
            cluster.run(Duration.ofSeconds(1));
            cluster.clients().judge(cluster.executions());
            System.out.println(cluster.scheduler().steps() + " steps "
                    + cluster.scheduler().trace());
        }
    }
}
