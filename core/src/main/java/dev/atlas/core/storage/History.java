package dev.atlas.core.storage;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import java.util.List;
import java.util.Optional;

/** What is stored of the past: a state, and the decisions after it. Thread-safe; calls block on the disk. */
public interface History {

    /** The newest checkpoint that is stored as a whole. */
    Optional<StateDescriptor> state();

    /**
     * A part of {@link #state}.
     *
     * @param index into {@link StateDescriptor#parts}
     */
    ByteString part(int index);

    /** Stored decisions from {@code first} on, without a gap, {@code most} of them at most, fewer if they are large; empty at the end. */
    List<DecidedBatch> decisions(long first, int most);
}
