package dev.atlas.replica.orchestrator;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorHandle;
import dev.atlas.core.storage.PersistentLog;
import dev.atlas.net.concurrent.Mailbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Carries decisions to the log and the executor, in order, on its own thread: the executor's channel may be full, and the orchestrator never
 * waits for execution. Its bound is never met: ordering hands over two windows at most beyond the last checkpoint that was executed.
 */
final class DecisionFeed {

    private final Mailbox<Queue, ExecutionRequest> queue;
    private final PersistentLog log;
    private final ExecutorHandle executor;
    private final long checkpointPeriod;

    DecisionFeed(PersistentLog log, ExecutorHandle executor, long checkpointPeriod, int capacity) {
        this.queue = new Mailbox<>(Queue.class, lane -> capacity);
        this.log = log;
        this.executor = executor;
        this.checkpointPeriod = checkpointPeriod;
    }

    /** False if full or closed; the bound makes the first a broken invariant. */
    boolean offer(DecidedBatch batch) {
        return queue.offer(
                Queue.DECISIONS,
                batch.sequence() % checkpointPeriod == 0
                        ? new ExecutionRequest.UpdateAndGetAppState(batch)
                        : new ExecutionRequest.Update(batch));
    }

    /** Other work for the executor, behind the decisions made so far. */
    void submit(ExecutionRequest request) throws InterruptedException {
        queue.put(Queue.DECISIONS, request);
    }

    int depth() {
        return queue.depth(Queue.DECISIONS);
    }

    /** Runs until closed and drained. */
    void run() throws InterruptedException {
        List<ExecutionRequest> drained = new ArrayList<>();
        while (queue.drain(drained, 64)) {
            for (ExecutionRequest request : drained) {
                decided(request).ifPresent(log::decided);
                executor.submit(request);
            }
            drained.clear();
        }
    }

    private static Optional<DecidedBatch> decided(ExecutionRequest request) {
        return switch (request) {
            case ExecutionRequest.Update update -> Optional.of(update.batch());
            case ExecutionRequest.UpdateAndGetAppState update -> Optional.of(update.batch());
            case ExecutionRequest other -> Optional.empty();
        };
    }

    void close() {
        queue.close();
    }

    private enum Queue {
        DECISIONS
    }
}
