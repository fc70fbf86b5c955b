package dev.atlas.core.application;

/**
 * A state that can be copied in no time, by copying on write.
 *
 * <p>With it, unordered requests run beside ordered ones, and checkpoints are hashed and served beside execution. Without it both happen between
 * batches, and ordered requests wait.
 *
 * @param <S> the state's own type
 */
public interface SnapshotState<S> {

    /** The state as it is now, which any thread may read while the original goes on changing. Costs the same whatever the size. */
    S snapshot();
}
