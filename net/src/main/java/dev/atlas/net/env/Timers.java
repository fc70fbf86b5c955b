package dev.atlas.net.env;

import java.time.Duration;

/**
 * One-shot timers. Thread-safe.
 *
 * <p>An action runs on a thread of the implementation and must be short and must not block: it posts to a mailbox or releases a
 * waiter.
 */
public interface Timers {

    /**
     * @throws IllegalStateException if the environment is closed
     */
    Timer schedule(Duration delay, Runnable action);

    /** A pending timer. */
    interface Timer {

        /** Prevents the action if it has not begun; harmless afterwards. */
        void cancel();
    }
}
