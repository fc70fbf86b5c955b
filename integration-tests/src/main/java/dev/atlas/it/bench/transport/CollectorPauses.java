package dev.atlas.it.bench.transport;

import java.time.Duration;
import java.time.Instant;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.HdrHistogram.Histogram;

/** How long the garbage collector has stopped this process, each time. */
final class CollectorPauses implements AutoCloseable {

    private record Pause(Instant at, Duration length) {}

    private final Queue<Pause> pauses = new ConcurrentLinkedQueue<>();
    private final RecordingStream recording = new RecordingStream();

    CollectorPauses() {
        recording.enable("jdk.GCPhasePause").withoutThreshold().withoutStackTrace();
        recording.setReuse(true);
        recording.onEvent("jdk.GCPhasePause", this::add);
        recording.startAsync();
    }

    private void add(RecordedEvent event) {
        pauses.add(new Pause(event.getStartTime(), event.getDuration()));
    }

    /** Of what has begun since then; waits until all of that is known. */
    Histogram pausesSince(Instant from) {
        recording.stop();
        Histogram lengths = new Histogram(Delays.MAX_NANOS, 3);
        for (Pause pause : pauses) {
            if (pause.at().isAfter(from)) {
                lengths.recordValue(pause.length().toNanos());
            }
        }
        return lengths;
    }

    @Override
    public void close() {
        recording.close();
    }
}
