package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.Events;
import dev.atlas.replica.metrics.TooManyLearnersEvent;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What people are told, by the event that goes with each line of the log. */
class LearnerReportTest {

    private static final ReplicaId ONE = new ReplicaId(1);
    private static final ReplicaId TWO = new ReplicaId(2);

    private final ManualClock clock = new ManualClock();
    private CatchUpReport report = ofMembers(4);

    private CatchUpReport ofMembers(int members) {
        return new CatchUpReport(new ReplicaId(0), clock, new Quorums(members), 8);
    }

    @Test
    void twoLearnersOfFourAreToldOnceAsLongAsNothingIsDecided() throws Exception {
        assertThat(Events.of(Set.of(TooManyLearnersEvent.class), () -> say(20, true, true)))
                .extracting(event -> event.getString("learners"))
                .containsExactly("[replica-1, replica-2]");
    }

    @Test
    void oneLearnerOfFourIsNoReason() throws Exception {
        assertThat(Events.of(Set.of(TooManyLearnersEvent.class), () -> say(20, true, false)))
                .isEmpty();
    }

    @Test
    void twoLearnersOfSixLeaveAQuorumAndThreeDoNot() throws Exception {
        report = ofMembers(6);
        assertThat(Events.of(Set.of(TooManyLearnersEvent.class), () -> {
                    say(20, true, true);
                    report.heard(new ReplicaId(3), status(true));
                    say(20, true, true);
                }))
                .extracting(event -> event.getString("learners"))
                .containsExactly("[replica-1, replica-2, replica-3]");
    }

    @Test
    void nothingIsSaidWhileThereAreDecisions() throws Exception {
        assertThat(Events.of(Set.of(TooManyLearnersEvent.class), () -> {
                    for (int turn = 0; turn < 5; turn++) {
                        say(8, true, true);
                        report.decided(turn + 1);
                    }
                }))
                .isEmpty();
    }

    @Test
    void itIsSaidAgainWhenItHappensAgain() throws Exception {
        assertThat(Events.of(Set.of(TooManyLearnersEvent.class), () -> {
                    say(20, true, true);
                    say(1, true, false);
                    say(8, true, true);
                    say(20, true, true);
                }))
                .hasSize(2);
    }

    private void say(int times, boolean one, boolean two) {
        for (int second = 0; second < times; second++) {
            report.heard(ONE, status(one));
            report.heard(TWO, status(two));
            clock.advance(Duration.ofSeconds(1));
        }
    }

    private static OrderingMessage.Status status(boolean learner) {
        return new OrderingMessage.Status(0, 0, true, List.of(), false, 0, 0, Digest.ZERO, learner, List.of());
    }
}
