package dev.atlas.core.execution;

import com.google.protobuf.ByteString;

/** The state at one checkpoint, frozen: what state transfer serves while execution goes on. Thread-safe. */
public interface CheckpointSnapshot {

    StateDescriptor descriptor();

    /**
     * The bytes of a part.
     *
     * @param index into {@link StateDescriptor#parts}
     * @throws IndexOutOfBoundsException if there is no such part
     */
    ByteString part(int index);
}
