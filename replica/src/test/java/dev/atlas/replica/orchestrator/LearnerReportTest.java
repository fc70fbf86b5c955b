package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.metrics.TooManyLearnersEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people are told, by the event that goes with each line of the log. */
class LearnerReportTest {

    private static final ReplicaId ONE = new ReplicaId(1);
    private static final ReplicaId TWO = new ReplicaId(2);

    private long decided;
    private final ManualClock clock = new ManualClock();
    private final LearnerReport report = new LearnerReport(new ReplicaId(0), clock, 1);

    @Test
    void twoLearnersOfFourAreToldOnceAsLongAsNothingIsDecided() throws Exception {
        assertThat(Events.of(TooManyLearnersEvent.class, () -> say(20, true, true)))
                .extracting(event -> event.getString("learners"))
                .containsExactly("[replica-1, replica-2]");
    }

    @Test
    void oneLearnerOfFourIsNoReason() throws Exception {
        assertThat(Events.of(TooManyLearnersEvent.class, () -> say(20, true, false)))
                .isEmpty();
    }

    @Test
    void nothingIsSaidWhileThereAreDecisions() throws Exception {
        assertThat(Events.of(TooManyLearnersEvent.class, () -> {
                    for (int turn = 0; turn < 5; turn++) {
                        say(8, true, true);
                        decided++;
                    }
                }))
                .isEmpty();
    }

    @Test
    void itIsSaidAgainWhenItHappensAgain() throws Exception {
        assertThat(Events.of(TooManyLearnersEvent.class, () -> {
                    say(20, true, true);
                    say(1, true, false);
                    say(8, true, true);
                    say(20, true, true);
                }))
                .hasSize(2);
    }

    private void say(int times, boolean one, boolean two) {
        for (int second = 0; second < times; second++) {
            report.heard(ONE, status(one), decided);
            report.heard(TWO, status(two), decided);
            clock.advance(Duration.ofSeconds(1));
        }
    }

    private static OrderingMessage.Status status(boolean learner) {
        return new OrderingMessage.Status(0, 0, true, List.of(), false, 0, 0, Digest.ZERO, learner, List.of());
    }
}
