package dev.atlas.core.execution;

import dev.atlas.core.application.DivisibleState;

/**
 * What travels through an executor's state channel: {@link Begin}, then every part once, then {@link End}; or {@link Abort} at any time, after which the
 * state is as it was before. All of it is taken, also where the state is refused before its end; the outcome is told after {@link End} or {@link Abort}.
 *
 * <p>Parts come in ascending order of index. Where {@link StateTransferPort#partsInAnyOrder} holds, the application's parts may come in any order among
 * themselves, before those of the sessions.
 */
public sealed interface StatePiece {

    record Begin(StateDescriptor descriptor) implements StatePiece {}

    /**
     * @param index into {@link StateDescriptor#parts}
     * @param part by {@link StateTransferPort#read}, or of a {@link CheckpointSnapshot}
     */
    record Part(int index, DivisibleState.Part part) implements StatePiece {}

    record End() implements StatePiece {}

    record Abort() implements StatePiece {}
}
