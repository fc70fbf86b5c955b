package dev.atlas.replica.storage;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.storage.History;
import dev.atlas.core.storage.PersistentLog;
import java.util.List;
import java.util.Optional;

/**
 * The log of {@link dev.atlas.replica.config.DurabilityMode#NONE}: promises nothing over a restart, so everything is as durable as it will ever
 * be at once, and nothing needs to be kept.
 */
public final class InMemoryLog implements PersistentLog, History {

    @Override
    public void append(List<LogRecord> records, List<RequestBundle> bodies, Runnable durable) {
        durable.run();
    }

    @Override
    public void decided(DecidedBatch batch) {
        // Retained for laggards by the ordering protocol and the body store, both in memory too.
    }

    @Override
    public void checkpoint(Optional<CheckpointSnapshot> state, Runnable durable) {
        durable.run();
    }

    @Override
    public void installed(CheckpointSnapshot state) {
        // Lost with everything else.
    }

    @Override
    public Optional<StateDescriptor> state() {
        return Optional.empty();
    }

    @Override
    public ByteString part(int index) {
        throw new IndexOutOfBoundsException(index);
    }

    @Override
    public List<DecidedBatch> decisions(long first, int most) {
        return List.of();
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
