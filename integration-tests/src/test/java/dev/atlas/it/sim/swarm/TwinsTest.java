package dev.atlas.it.sim.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.Prepare;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Scenarios of twins; {@code mvn -q -Psimulate -Datlas.sim=twins} runs them all. */
@Tag("simulation")
class TwinsTest {

    private static final int INSTANCES = ViewsRun.REPLICAS + 1;
    private static final int SLICE = 40;

    @Test
    void fourViewsOfFiveInstancesInAtMostTwoGroupsAre65536() {
        Set<String> scenarios = new HashSet<>();
        for (long scenario = 0; scenario < ViewsRun.SCENARIOS; scenario++) {
            scenarios.add(new ViewPartitions(scenario, INSTANCES, () -> 0, Duration.ZERO).toString());
        }
        assertThat(scenarios).hasSize(65_536);
    }

    @Test
    void whatIsVotedInAViewStaysInItsGroupAndEndsWithIt() {
        long[] now = {0};
        // In view 0 the last instance is alone.
        ViewPartitions partitions = new ViewPartitions(0b1000, INSTANCES, () -> now[0], Duration.ofNanos(10));
        Prepare prepare = new Prepare(0, 0, 1, Batches.NULL.digest());
        assertThat(partitions.passes(1, 2, prepare)).isTrue();
        assertThat(partitions.passes(1, 4, prepare)).isFalse();
        now[0] = 11;
        assertThat(partitions.passes(1, 2, prepare)).isFalse();
        assertThat(partitions.isWhole()).isFalse();
        assertThat(partitions.passes(1, 4, new Commit(0, ViewPartitions.VIEWS, 1, Batches.NULL.digest())))
                .isTrue();
        assertThat(partitions.isWhole()).isTrue();
    }

    @Test
    void noneOfASliceOfAllScenariosBreaksARule() {
        List<String> broken = new ArrayList<>();
        for (int index = 0; index < SLICE; index++) {
            long scenario = 1 + index * ViewsRun.SCENARIOS / SLICE;
            SwarmResult result = ViewsRun.twins(scenario).run(Optional.empty());
            assertThat(result.coverage().of("views")).isGreaterThanOrEqualTo(ViewPartitions.VIEWS);
            result.failure().ifPresent(failure -> broken.add("scenario " + scenario + ": " + failure));
        }
        assertThat(broken).isEmpty();
    }
}
