package dev.atlas.core.execution;

import dev.atlas.core.message.RequestBundle;
import java.util.List;

/** Queues work for an executor. Thread-safe; channels are bounded. */
public interface ExecutorHandle {

    /** Blocks while the channel is full. */
    void submit(ExecutionRequest request) throws InterruptedException;

    /**
     * False when the channel is full: unordered work is refused, not queued without end. For bundles of unordered requests, if any of them has no room;
     * {@link #offerUnordered} tells which.
     */
    boolean offer(ExecutionRequest request);

    /** Queues those bundles of unordered requests that have room, and returns the others: each client has a share of its own. */
    List<RequestBundle> offerUnordered(List<RequestBundle> bundles);

    /** Requests waiting. */
    int depth();
}
