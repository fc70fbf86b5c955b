package dev.atlas.it.demo;

import dev.atlas.net.env.Environment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Counts files, operations, bytes and latency of one phase. Thread-safe. */
final class Progress {

    private final Environment environment;
    private final String phase;
    private final int files;
    private final long startNanos;
    private final Histogram latencyMicros = new ConcurrentHistogram(3);
    private final LongAdder filesDone = new LongAdder();
    private final LongAdder bytesDone = new LongAdder();

    Progress(Environment environment, String phase, int files) {
        this.environment = environment;
        this.phase = phase;
        this.files = files;
        this.startNanos = environment.clock().nanoTime();
    }

    long start() {
        return environment.clock().nanoTime();
    }

    void operation(long startedNanos, long bytes) {
        latencyMicros.recordValue(
                TimeUnit.NANOSECONDS.toMicros(environment.clock().nanoTime() - startedNanos));
        bytesDone.add(bytes);
    }

    void file() {
        filesDone.increment();
    }

    long bytes() {
        return bytesDone.sum();
    }

    long operations() {
        return latencyMicros.getTotalCount();
    }

    double seconds() {
        return (environment.clock().nanoTime() - startNanos) / 1e9;
    }

    double latencyMillis(double percentile) {
        return latencyMicros.getValueAtPercentile(percentile) / 1000.0;
    }

    String line(long view) {
        return String.format(
                "%-7s %6d/%d files %8.1f MB %8.0f op/s   p50 %6.2f ms  p99 %7.2f ms   view %d",
                phase,
                filesDone.sum(),
                files,
                bytes() / 1e6,
                operations() / seconds(),
                latencyMillis(50),
                latencyMillis(99),
                view);
    }
}
