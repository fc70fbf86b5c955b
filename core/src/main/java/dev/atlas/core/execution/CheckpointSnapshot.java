package dev.atlas.core.execution;

import dev.atlas.core.application.DivisibleState.Part;

/** The state at one checkpoint, frozen: what state transfer serves while execution goes on. Thread-safe. */
public interface CheckpointSnapshot {

    StateDescriptor descriptor();

    /**
     * A part.
     *
     * @param index into {@link StateDescriptor#parts}
     * @throws IndexOutOfBoundsException if there is no such part
     */
    Part part(int index);
}
