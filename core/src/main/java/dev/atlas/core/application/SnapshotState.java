package dev.atlas.core.application;

/**
 * A state that can be copied in no time, by copying on write.
 *
 * <p>With it, unordered requests run beside ordered ones, and checkpoints are hashed and served beside execution. Without it both happen between
 * batches, and ordered requests wait.
 *
 * @param <S> the type of state that the application is written for; snapshots may be of another class of it than the original
 */
public interface SnapshotState<S> {

    /** The state as it is now, which any thread may read while the original goes on changing. Costs the same whatever the size. */
    S snapshot();
}
