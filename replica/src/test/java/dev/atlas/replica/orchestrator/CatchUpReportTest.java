package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.Clock;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.metrics.CatchUpEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people are told, by the event that goes with each line of the log. */
class CatchUpReportTest {

    private static final ReplicaId AHEAD = new ReplicaId(1);
    private static final ReplicaId LEVEL = new ReplicaId(2);
    private static final ReplicaId LIAR = new ReplicaId(3);

    @TempDir
    Path directory;

    private long now = -Duration.ofDays(1).toNanos(); // any origin is allowed
    private final CatchUpReport report = new CatchUpReport(
            new ReplicaId(0),
            new Clock() {
                @Override
                public long nanoTime() {
                    return now;
                }

                @Override
                public long wallMillis() {
                    throw new UnsupportedOperationException();
                }
            },
            2,
            8);

    @Test
    void aReplicaThatIsBehindSaysSoAtOnceAndWhenItHasCaughtUp() throws Exception {
        assertThat(events(() -> {
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
        assertThat(events(() -> {
                    claims(AHEAD, 100);
                    claims(LEVEL, 0);
                    for (int message = 0; message < 1000; message++) {
                        claims(LIAR, message % 2 == 0 ? 100 : 0);
                        now += Duration.ofMillis(10).toNanos();
                    }
                }))
                .hasSizeLessThanOrEqualTo(6);
    }

    private void claims(ReplicaId from, long decided) {
        report.heard(
                from,
                new OrderingMessage.Status(0, 0, true, List.of(), false, 0, decided, Digest.ZERO, false, List.of()));
    }

    private List<RecordedEvent> events(Runnable action) throws IOException {
        Path file = directory.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            recording.enable(CatchUpEvent.class);
            recording.start();
            action.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file);
    }
}
