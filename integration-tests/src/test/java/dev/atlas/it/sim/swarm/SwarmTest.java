package dev.atlas.it.sim.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A slice of the swarm; {@code mvn -q -Psimulate} is the whole. */
@Tag("simulation")
class SwarmTest {

    private static final int RUNS_OF_EACH_SIZE = 2;
    private static final int RUNS_OF_ONE_THING = 15;

    @Test
    void everySizeOfClusterKeepsEveryRule() {
        Map<Integer, Integer> runs = new TreeMap<>(Map.of(4, 0, 5, 0, 6, 0, 7, 0, 10, 0));
        List<String> broken = new ArrayList<>();
        for (long seed = 1; runs.values().stream().anyMatch(count -> count < RUNS_OF_EACH_SIZE); seed++) {
            int size = SwarmRun.options(seed).cluster().replicas();
            if (runs.merge(size, 1, Integer::sum) <= RUNS_OF_EACH_SIZE) {
                SwarmResult result = SwarmRun.run(seed);
                String found = "seed " + seed + ": ";
                result.failure().ifPresent(failure -> broken.add(found + failure));
            }
        }
        assertThat(broken).isEmpty();
        assertThat(runs.keySet()).containsExactly(4, 5, 6, 7, 10);
    }

    @ParameterizedTest
    @EnumSource(
            value = Family.class,
            names = {"LOSSES", "SOURCES", "POWER"})
    void runsThatDoOneThingKeepEveryRule(Family family) {
        Coverage coverage = new Coverage();
        for (long number = 1; number <= RUNS_OF_ONE_THING; number++) {
            SwarmResult result = family.run(number, Optional.empty());
            assertThat(result.failure()).as("%s", family.describe(number)).isEmpty();
            coverage.add(result.coverage());
        }
        assertThat(family.absent(coverage)).isEmpty();
    }

    @Test
    void whatNeverHappensIsNoticed() {
        Coverage coverage = new Coverage();
        assertThat(Family.SWARM.absent(coverage)).contains("CRASH", "PARTITION", "lies", "with twins", "n = 7");
        for (String kind : Family.SWARM.absent(coverage)) {
            coverage.count(kind);
        }
        assertThat(Family.SWARM.absent(coverage)).isEmpty();
    }

    @Test
    void everyTraitIsDrawnNowAndThen() {
        Coverage coverage = new Coverage();
        for (long seed = 1; seed <= 1_000; seed++) {
            SwarmRun.options(seed).ownTraits().forEach(coverage::count);
            SwarmRun.options(seed).kinds().forEach(kind -> coverage.count(kind.name()));
        }
        List<String> drawable = new ArrayList<>(SwarmOptions.traits());
        for (Fault fault : Fault.values()) {
            drawable.add(fault.name());
        }
        assertThat(coverage.absent(drawable)).isEmpty();
    }
}
