package dev.atlas.replica.orchestrator;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What has been made so far, to be closed, the last first: if the rest of a start fails, or at the end. Used by one thread. */
final class Undo {

    private final ArrayDeque<AutoCloseable> made = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T one) {
        made.push(one);
        return one;
    }

    /** Closes all of it; what fails at that is suppressed in the cause. */
    void close(Throwable cause) {
        closeAll(cause);
    }

    /** Closes all of it; what fails first at that is thrown in the end, with the rest suppressed in it. */
    void close() {
        switch (closeAll(null)) {
            case null -> {}
            case RuntimeException failed -> throw failed;
            case Error failed -> throw failed;
            case Throwable failed -> throw new IllegalStateException(failed);
        }
    }

    @SuppressWarnings("ReferenceEquality") // nothing can suppress itself
    private @Nullable Throwable closeAll(@Nullable Throwable cause) {
        Throwable first = cause;
        for (AutoCloseable one : made) {
            try {
                one.close();
            } catch (Exception | Error failed) {
                if (failed instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (first == null) {
                    first = failed;
                } else if (failed != first) {
                    first.addSuppressed(failed);
                }
            }
        }
        return first;
    }
}
