package dev.atlas.exec.speculative;

import dev.atlas.core.application.CrudState;

/**
 * One block's operations. Thread-safe, and free of effects but on the view.
 *
 * @param <R> result
 */
@FunctionalInterface
public interface Operation<R> {

    /** Executes the operation at {@code index} of the block. */
    R execute(CrudState view, int index);
}
