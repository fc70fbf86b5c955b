package dev.atlas.exec.executor;

import dev.atlas.core.application.Application;
import dev.atlas.core.message.Reply;
import java.util.List;

/** One operation after the other, one batch at a time, in the application's batch form. */
public final class SequentialRunner<S, Q, R> implements TaskRunner<S> {

    private final Operations<S, Q, R> operations;

    /**
     * @param largestResult in bytes; a longer one is replaced by an error
     */
    public SequentialRunner(Application<S, Q, R> application, int largestResult) {
        this.operations = new Operations<>(application, largestResult);
    }

    @Override
    public List<Reply> run(S state, List<Task> tasks) {
        return operations.batch(state, tasks);
    }

    @Override
    public int operationsAtOnce() {
        return 1;
    }
}
