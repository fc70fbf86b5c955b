package dev.atlas.net.env;

/** The two clocks of a node. Thread-safe. */
public interface Clock {

    /** Monotonic time in nanoseconds from an arbitrary origin: for durations and deadlines. */
    long nanoTime();

    /** Wall-clock time in milliseconds since the Unix epoch: may jump, so it proposes timestamps and guards nothing. */
    long wallMillis();
}
