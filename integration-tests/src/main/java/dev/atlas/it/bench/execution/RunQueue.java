package dev.atlas.it.bench.execution;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** How long this process's threads could run and had no processor: on a shared machine a figure without that means little. */
final class RunQueue {

    private static final Path THREADS = Path.of("/proc/self/task");

    private RunQueue() {}

    /** Nanoseconds of waiting, of all threads that live now together; 0 where nobody tells. */
    static long waitedNanos() {
        if (!Files.isReadable(THREADS.resolveSibling("schedstat"))) {
            return 0;
        }
        long sum = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                sum += waitedNanos(thread);
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException("how long threads have waited", unreadable);
        }
        return sum;
    }

    /** Time on a processor, time waiting for one, and turns. */
    private static long waitedNanos(Path thread) throws IOException {
        try {
            return Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ", -1)[1]);
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }
}
