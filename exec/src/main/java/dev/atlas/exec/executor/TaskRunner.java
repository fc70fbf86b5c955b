package dev.atlas.exec.executor;

import dev.atlas.core.message.Reply;
import java.util.List;

/**
 * Executes tasks on a state as if one after the other. Called by the executor's thread.
 *
 * @param <S> state
 */
public interface TaskRunner<S> {

    /** The replies, in order. */
    List<Reply> run(S state, List<Task> tasks);

    /** While batches are waiting, as many are run together as it takes to have this many operations. */
    int operationsAtOnce();
}
