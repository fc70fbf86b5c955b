package dev.atlas.replica.orchestrator;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorHandle;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.storage.PersistentLog;
import dev.atlas.net.concurrent.Mailbox;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * Carries decisions to the log and the executor, in order, on its own thread: the executor's channel may be full, and the orchestrator never
 * waits for execution. Its bound is never met: ordering hands over two windows at most beyond the last checkpoint that was executed.
 */
final class DecisionFeed {

    private final Mailbox<Queue, Entry> queue;
    private final PersistentLog log;
    private final ExecutorHandle executor;
    private final long checkpointPeriod;

    /** What the last installed state covers; owned by the thread that runs. */
    private long installed;

    DecisionFeed(PersistentLog log, ExecutorHandle executor, long checkpointPeriod, int capacity) {
        this.queue = new Mailbox<>(Queue.class, lane -> capacity);
        this.log = log;
        this.executor = executor;
        this.checkpointPeriod = checkpointPeriod;
    }

    /** False if full, which the bound makes a broken invariant. What comes once it is closed is dropped: the orchestrator ends after it. */
    boolean offer(DecidedBatch batch) {
        return queue.offer(Queue.DECISIONS, new Entry.Decided(batch)) || queue.isClosed();
    }

    /**
     * Has the executor take another state after all that was decided so far; what is decided meanwhile waits behind it, and what the state covers is skipped.
     *
     * @param ended hears how it ended, on the thread that runs
     */
    boolean install(Consumer<StateInstallation> ended) {
        return queue.offer(Queue.DECISIONS, new Entry.Install(ended));
    }

    int depth() {
        return queue.depth(Queue.DECISIONS);
    }

    /** Runs until closed and drained. */
    void run() throws InterruptedException {
        List<Entry> drained = new ArrayList<>();
        while (queue.drain(drained, 64)) {
            for (Entry entry : drained) {
                switch (entry) {
                    case Entry.Decided decided -> execute(decided.batch());
                    case Entry.Install install -> install(install);
                }
            }
            drained.clear();
        }
    }

    private void execute(DecidedBatch batch) throws InterruptedException {
        if (batch.sequence() <= installed) {
            return; // decided while the state that covers it was on its way
        }
        log.decided(batch);
        executor.submit(
                batch.sequence() % checkpointPeriod == 0
                        ? new ExecutionRequest.UpdateAndGetAppState(batch)
                        : new ExecutionRequest.Update(batch));
    }

    private void install(Entry.Install install) throws InterruptedException {
        CompletableFuture<StateInstallation> outcome = new CompletableFuture<>();
        executor.submit(new ExecutionRequest.PollStateChannel(outcome::complete));
        try {
            StateInstallation ended = outcome.get();
            if (ended instanceof StateInstallation.Installed done) {
                installed = done.descriptor().sequence();
            }
            install.ended().accept(ended);
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    void close() {
        queue.close();
    }

    private sealed interface Entry {

        record Decided(DecidedBatch batch) implements Entry {}

        record Install(Consumer<StateInstallation> ended) implements Entry {}
    }

    private enum Queue {
        DECISIONS
    }
}
