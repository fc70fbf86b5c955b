package dev.atlas.core.execution;

import dev.atlas.core.message.RequestBundle;
import java.util.List;

/** What an executor is asked to do, in order. */
public sealed interface ExecutionRequest {

    /** Execute and reply. */
    record Update(DecidedBatch batch) implements ExecutionRequest {}

    /** Execute and reply, then hand over a checkpoint. */
    record UpdateAndGetAppState(DecidedBatch batch) implements ExecutionRequest {}

    /** Execute without replies, in recovery. */
    record CatchUp(List<DecidedBatch> batches) implements ExecutionRequest {
        public CatchUp {
            batches = List.copyOf(batches);
        }
    }

    /** Answer the unordered requests of these bundles on the last consistent state. */
    record ExecuteUnordered(List<RequestBundle> bundles) implements ExecutionRequest {
        public ExecuteUnordered {
            bundles = List.copyOf(bundles);
        }
    }

    /** Install the state that waits in the state channel. */
    record PollStateChannel() implements ExecutionRequest {}

    /** Answer a question about sessions and state. */
    record Read(java.util.function.Consumer<ExecutorStatus> asker) implements ExecutionRequest {}
}
