package dev.atlas.exec.speculative;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The adaptive path: decided by measurement, and measured again. */
class PaceTest {

    private static final int OPERATIONS = 1000;

    /** Runs blocks at given costs; returns how many of them were speculative. */
    private static int run(Pace pace, int blocks, long sequentialNanos, long speculativeNanos) {
        int speculated = 0;
        for (int block = 0; block < blocks; block++) {
            boolean speculates = pace.speculates(OPERATIONS);
            speculated += speculates ? 1 : 0;
            pace.took(speculates, OPERATIONS, OPERATIONS * (speculates ? speculativeNanos : sequentialNanos));
        }
        return speculated;
    }

    @Test
    void theFasterWayIsTakenAndTheOtherTriedSeldom() {
        assertThat(run(new Pace(), 10_000, 20_000, 6_000)).isGreaterThan(9_950);
        assertThat(run(new Pace(), 10_000, 800, 1_500)).isLessThan(50);
    }

    @Test
    void anotherWorkloadIsNoticedWithinAFewBlocks() {
        Pace pace = new Pace();
        run(pace, 5_000, 20_000, 6_000);
        assertThat(run(pace, 200, 20_000, 40_000))
                .as("everything conflicts now")
                .isLessThan(20);
        run(pace, 5_000, 20_000, 40_000);
        assertThat(run(pace, 2_000, 20_000, 6_000))
                .as("the way taken costs what it did: only a trial can tell")
                .isGreaterThan(1_300);
        run(pace, 5_000, 20_000, 6_000);
        assertThat(run(pace, 200, 500, 1_000)).as("cheap operations").isLessThan(20);
    }

    @Test
    void aWayThatGetsFasterEachTimeIsTriedAgainSoon() {
        Pace pace = new Pace();
        double speculativeNanos = 60_000;
        int speculated = 0;
        for (int block = 0; block < 200; block++) {
            boolean speculates = pace.speculates(OPERATIONS);
            if (speculates) {
                speculated++;
                speculativeNanos = Math.max(12_000, 0.85 * speculativeNanos);
            }
            pace.took(speculates, OPERATIONS, OPERATIONS * (speculates ? (long) speculativeNanos : 20_000));
        }
        assertThat(speculated).as("it is being compiled").isGreaterThan(100);
    }

    @Test
    void aBlockThatIsOverBeforeAHelperWakesIsNeverSpeculative() {
        Pace pace = new Pace();
        assertThat(run(pace, 1_000, 10, 1)).isZero();
    }

    @Test
    void withoutAClockNothingIsSpeculative() {
        assertThat(run(new Pace(), 1_000, 0, 0)).isZero();
    }
}
