package dev.atlas.core.storage;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import java.util.List;

/**
 * Makes records durable in groups. Called by the orchestrator only.
 *
 * <p>Completions come in the order of the calls, on any thread, and mean that the records survive what the durability mode promises. A
 * failure to write is final: the listener is told once, nothing is retried.
 */
public interface PersistentLog extends AutoCloseable {

    /**
     * @param bodies of the batches that {@code records} pre-prepare
     */
    void append(List<LogRecord> records, List<RequestBundle> bodies, Runnable durable);

    /** Keeps a decision for execution after a restart and for laggards. */
    void decided(DecidedBatch batch);

    @Override
    void close();
}
