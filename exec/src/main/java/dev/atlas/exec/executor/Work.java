package dev.atlas.exec.executor;

import dev.atlas.core.execution.ExecutionRequest;

/** What lies in the executor's queues. */
sealed interface Work {

    /**
     * @param since when it was queued, in nanoseconds of the environment's clock
     */
    record Asked(ExecutionRequest request, long since) implements Work {}

    /** Unordered requests wait for a state to be executed on. */
    record UnorderedWaiting() implements Work {}

    /** Decided batches keep their order; whatever looks at the state between two of them does not wait behind those that are queued. */
    enum Lane {
        ORDERED,
        CONTROL
    }
}
