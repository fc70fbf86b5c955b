package dev.atlas.net.env;

import java.util.concurrent.Executor;

/** One platform thread that runs what it is given in order. Thread-safe. */
public interface DedicatedThread extends Executor, AutoCloseable {

    /**
     * Refuses further tasks, runs those already accepted, and waits for the thread to end; not for ever, so whoever has one that must not be dropped waits for that
     * before.
     */
    @Override
    void close();
}
