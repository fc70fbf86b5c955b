package dev.atlas.core.execution;

/** Queues work for an executor. Thread-safe; channels are bounded. */
public interface ExecutorHandle {

    /** Blocks while the channel is full. */
    void submit(ExecutionRequest request) throws InterruptedException;

    /** False when the channel is full: unordered work is refused, not queued without end. */
    boolean offer(ExecutionRequest request);

    /** Requests waiting. */
    int depth();
}
