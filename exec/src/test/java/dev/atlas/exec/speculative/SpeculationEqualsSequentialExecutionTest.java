package dev.atlas.exec.speculative;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.env.SystemEnvironment;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Results, state and digests of speculation are, byte for byte, those of sequential execution, whatever the interleaving.
 *
 * <p>{@code -Datlas.equality.batches=1000000} makes it a long run; {@code -Datlas.equality.seed} begins elsewhere.
 */
class SpeculationEqualsSequentialExecutionTest {

    private static final int BATCHES = Integer.getInteger("atlas.equality.batches", 4_000);
    private static final long SEED = Long.getLong("atlas.equality.seed", 1);

    /** Within this many batches every planted bug must show. */
    private static final int CAUGHT_WITHIN = 2_000;

    @Test
    void onARealPool() {
        try (SystemEnvironment environment = SystemEnvironment.create("equality", 4)) {
            for (long seed = SEED; seed < SEED + BATCHES; seed++) {
                assertThat(Comparison.equal(new Random(seed), environment, Rules.CORRECT))
                        .as("seed %d", seed)
                        .isTrue();
            }
        }
    }

    @Test
    void inSeededSchedules() throws Exception {
        for (long seed = SEED; seed < SEED + BATCHES; seed++) {
            assertThat(Comparison.equalInSeededSchedule(seed, new PlantedRules(), Comparison.DEADLINE))
                    .as("seed %d", seed)
                    .isTrue();
        }
    }

    @Test
    void aBlockThatDoesNotEndIsNotEqual() throws Exception {
        assertThat(Comparison.equalInSeededSchedule(SEED, new PlantedRules.Endless(), Duration.ofMillis(200)))
                .isFalse();
    }

    static Stream<PlantedRules> plantedBugs() {
        return Stream.of(
                new PlantedRules.NoValidation(),
                new PlantedRules.ValidationOutOfOrder(),
                new PlantedRules.StaleEstimate(),
                new PlantedRules.LostTombstone(),
                new PlantedRules.ColumnIgnored(),
                new PlantedRules.ReplyOfAnEarlyIncarnation());
    }

    @ParameterizedTest
    @MethodSource("plantedBugs")
    void everyPlantedBugIsCaught(PlantedRules broken) throws Exception {
        long seed = SEED;
        while (seed < SEED + CAUGHT_WITHIN && Comparison.equalInSeededSchedule(seed, broken, Comparison.DEADLINE)) {
            seed++;
        }
        assertThat(seed).as(broken.getClass().getSimpleName()).isLessThan(SEED + CAUGHT_WITHIN);
        System.out.printf("%s: caught by seed %d%n", broken.getClass().getSimpleName(), seed);
    }
}
