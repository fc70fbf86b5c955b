package dev.atlas.replica.orchestrator;

import java.util.ArrayDeque;

/** What a start has made so far, to be closed, the last first, if the rest of it fails. Used by one thread. */
final class Undo {

    private final ArrayDeque<AutoCloseable> made = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T one) {
        made.push(one);
        return one;
    }

    /** Closes all of it; what fails at that is suppressed in the cause. */
    @SuppressWarnings("ReferenceEquality") // nothing can suppress itself
    void close(Throwable cause) {
        for (AutoCloseable one : made) {
            try {
                one.close();
            } catch (Exception | Error failed) {
                if (failed instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (failed != cause) {
                    cause.addSuppressed(failed);
                }
            }
        }
    }
}
