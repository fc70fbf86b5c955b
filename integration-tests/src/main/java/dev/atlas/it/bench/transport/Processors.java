package dev.atlas.it.bench.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * How busy the whole machine was, as Linux counts it: what others took of it is what a measurement lacked.
 *
 * @param busy of all processors, in ticks since the machine started; idle likewise
 */
record Processors(long busy, long idle) {

    private static final Path COUNTS = Path.of("/proc/stat");
    private static final Processors UNKNOWN = new Processors(0, 0);
    private static final int IDLE = 3;
    private static final int WAITING_FOR_DISK = 4;
    /** What follows is contained in what comes before. */
    private static final int FIELDS = 8;

    static Processors now() throws IOException {
        if (!Files.isReadable(COUNTS)) {
            return UNKNOWN;
        }
        try (var lines = Files.lines(COUNTS)) {
            long[] ticks = lines.findFirst().stream()
                    .flatMap(line -> Arrays.stream(line.trim().split("\\s+")))
                    .skip(1)
                    .limit(FIELDS)
                    .mapToLong(Long::parseLong)
                    .toArray();
            long idle = ticks[IDLE] + ticks[WAITING_FOR_DISK];
            return new Processors(Arrays.stream(ticks).sum() - idle, idle);
        }
    }

    /** The part of the machine since {@code before} that went to others than those who used {@code ownNanos}; empty if unknown. */
    OptionalDouble othersSince(Processors before, long ownNanos, long nanos) {
        long ticks = busy + idle - before.busy - before.idle;
        if (ticks == 0) {
            return OptionalDouble.empty();
        }
        double own = (double) ownNanos / nanos / Runtime.getRuntime().availableProcessors();
        return OptionalDouble.of(Math.clamp((double) (busy - before.busy) / ticks - own, 0, 1));
    }
}
