package dev.atlas.core.execution;

import dev.atlas.core.message.RequestBundle;
import java.util.List;
import java.util.function.Consumer;

/** What an executor is asked to do, in order. */
public sealed interface ExecutionRequest {

    /** Execute and reply. */
    record Update(DecidedBatch batch) implements ExecutionRequest {}

    /** Execute and reply, then hand over a checkpoint. */
    record UpdateAndGetAppState(DecidedBatch batch) implements ExecutionRequest {}

    /**
     * Execute without replies, in recovery.
     *
     * @param taken is run by the executor when it has come to the end of these: what waits is to be bounded in bytes
     */
    record CatchUp(List<DecidedBatch> batches, Runnable taken) implements ExecutionRequest {
        public CatchUp {
            batches = List.copyOf(batches);
        }

        /** For who asks for a few only. */
        public CatchUp(List<DecidedBatch> batches) {
            this(batches, () -> {});
        }
    }

    /** Answer the unordered requests of these bundles on the last consistent state. */
    record ExecuteUnordered(List<RequestBundle> bundles) implements ExecutionRequest {
        public ExecuteUnordered {
            bundles = List.copyOf(bundles);
        }
    }

    /** Install the state that comes through the state channel ({@link StateTransferPort}); nothing executes until it is complete or aborted. */
    record PollStateChannel(Consumer<StateInstallation> asker) implements ExecutionRequest {}

    /**
     * Send the stored answers of a bundle again whose operations were executed before: its client has missed them.
     *
     * @param taken is run by the executor when this is its turn: what waits is to be bounded in bytes
     */
    record AnswerAgain(RequestBundle bundle, Runnable taken) implements ExecutionRequest {

        /** For who asks for a few only. */
        public AnswerAgain(RequestBundle bundle) {
            this(bundle, () -> {});
        }
    }

    /** Answer a question about sessions and state, on any thread. */
    record Read(Consumer<ExecutorStatus> asker) implements ExecutionRequest {}
}
