package dev.atlas.replica.storage;

import java.io.IOException;

/** Runs one task at a time, beside the thread that uses this. */
interface Background extends AutoCloseable {

    /** There must be none under way. */
    void start(Task task);

    /**
     * Whether none is under way.
     *
     * @throws IOException if the last one failed
     */
    boolean isIdle() throws IOException;

    /**
     * Returns when none is under way.
     *
     * @throws IOException if the last one failed
     */
    void await() throws IOException;

    /** Breaks off what is under way, between two steps, and returns when it has ended. */
    @Override
    void close();
}
