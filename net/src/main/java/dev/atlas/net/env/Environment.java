package dev.atlas.net.env;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * Threads, clock, timers and randomness of one node.
 *
 * <p>Virtual threads wait, platform threads compute: sockets, mailboxes and phases live on {@link #virtualThreads}; signature
 * checks, execution, hashing and everything in native code run on {@link #computePool} or a {@link #dedicatedThread}. As many
 * CPU-bound virtual threads as there are carriers stall every socket of the process.
 *
 * <p>Thread-safe. Production code never reaches for the JDK's own clock, sleep, timed waits, randomness or common pool.
 */
public interface Environment extends AutoCloseable {

    Clock clock();

    Timers timers();

    RandomSource random();

    /** Unstarted virtual threads with the given name, for blocking-style code that mostly waits. */
    ThreadFactory virtualThreads(String name);

    /** The pool of platform threads for CPU-bound work; hand work over in chunks, one hand-over costs more than most operations. */
    Executor computePool();

    /** How many tasks {@link #computePool} runs at once, at least 1. */
    int computeParallelism();

    /** A new single platform thread that runs its tasks in order; for native code and for work with one owner. */
    DedicatedThread dedicatedThread(String name);

    /** Where errors of the virtual machine in any of these threads are reported. */
    FatalErrors fatalErrors();

    /** Blocks the calling thread for {@code duration} of this environment's time. */
    void sleep(Duration duration) throws InterruptedException;

    /**
     * Stops pools and timers: what is pending never fires, and nothing more is accepted. Threads that the caller started, sleeping ones
     * and dedicated ones included, are the caller's to end first. Idempotent.
     */
    @Override
    void close();
}
