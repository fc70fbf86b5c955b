package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.Events;
import dev.atlas.replica.metrics.CatchUpEvent;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What people are told, by the event that goes with each line of the log. */
class CatchUpReportTest {

    private static final ReplicaId AHEAD = new ReplicaId(1);
    private static final ReplicaId LEVEL = new ReplicaId(2);
    private static final ReplicaId LIAR = new ReplicaId(3);

    private final ManualClock clock = new ManualClock();
    private final CatchUpReport report = new CatchUpReport(new ReplicaId(0), clock, new Quorums(4), 8);

    @Test
    void aReplicaThatIsBehindSaysSoAtOnceAndWhenItHasCaughtUp() throws Exception {
        assertThat(Events.of(Set.of(CatchUpEvent.class), () -> {
                    claims(AHEAD, 100);
                    claims(LEVEL, 90);
                    report.decided(50);
                    report.decided(90);
                }))
                .extracting(event -> event.getBoolean("over"))
                .containsExactly(false, true);
    }

    /** Whether f + 1 claim to be ahead depends on the liar, who says so and takes it back. */
    @Test
    void aLiarMakesFewLines() throws Exception {
        assertThat(Events.of(Set.of(CatchUpEvent.class), () -> {
                    claims(AHEAD, 100);
                    claims(LEVEL, 0);
                    for (int message = 0; message < 1000; message++) {
                        claims(LIAR, message % 2 == 0 ? 100 : 0);
                        clock.advance(Duration.ofMillis(10));
                    }
                }))
                .hasSizeLessThanOrEqualTo(6);
    }

    private void claims(ReplicaId from, long decided) {
        report.heard(
                from,
                new OrderingMessage.Status(0, 0, true, List.of(), false, 0, decided, Digest.ZERO, false, List.of()));
    }
}
