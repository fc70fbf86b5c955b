package dev.atlas.it.kill;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A slice of {@link KillRounds}: with {@code -Pkill} it runs as long as one likes. */
class KillRoundsTest {

    @Test
    @Timeout(180)
    void whatWasAcknowledgedSurvivesTheKillOfSomeReplicasAndOfAllAtOnce() throws Exception {
        KillRounds.Outcome outcome = KillRounds.run(new KillSettings(3, 1, 4, 16, 2));
        assertThat(outcome.wrong()).isEmpty();
        assertThat(outcome.killed()).isGreaterThanOrEqualTo(7);
        assertThat(outcome.answered()).isGreaterThan(100);
    }
}
