package dev.atlas.replica.storage;

import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.storage.PersistentLog;
import java.util.List;

/**
 * The log of {@link dev.atlas.replica.config.DurabilityMode#NONE}: promises nothing over a restart, so everything is as durable as it will ever
 * be at once, and nothing needs to be kept.
 */
public final class InMemoryLog implements PersistentLog {

    @Override
    public void append(List<LogRecord> records, List<RequestBundle> bodies, Runnable durable) {
        durable.run();
    }

    @Override
    public void decided(DecidedBatch batch) {
        // Retained for laggards by the ordering protocol and the body store, both in memory too.
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
