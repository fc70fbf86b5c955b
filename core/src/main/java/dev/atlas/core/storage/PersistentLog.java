package dev.atlas.core.storage;

import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import java.util.List;
import java.util.Optional;

/**
 * Makes records durable in groups.
 *
 * <p>Completions come in the order of the calls of one kind, on any thread, and mean that the records survive what the durability mode promises. A
 * failure to write is final: it is reported once, nothing is retried, and no completion comes any more.
 */
public interface PersistentLog extends AutoCloseable {

    /**
     * Called by the orchestrator only; never blocks.
     *
     * @param bodies of the batches that {@code records} pre-prepare, one after the other
     */
    void append(List<LogRecord> records, List<RequestBundle> bodies, Runnable durable);

    /** Keeps a decision for execution after a restart and for laggards; blocks while too much is queued. */
    void decided(DecidedBatch batch) throws InterruptedException;

    /**
     * Execution has reached a checkpoint. Completes when every decision up to it is durable; the state is stored beside that, later or not at all, and
     * takes the place of the one before in one step.
     */
    void checkpoint(Optional<CheckpointSnapshot> state, Runnable durable);

    /**
     * A state was installed that this log does not lead to: it is stored whatever that costs, and no later {@link #checkpoint} completes before it is, since
     * what is vouched for there rests on it.
     */
    void installed(CheckpointSnapshot state);

    /** Writes what is queued, however long a slow disk takes, and lets go of it; only one that seems dead is given up, which the log tells. Idempotent. */
    @Override
    void close();
}
