package dev.atlas.exec.executor;

import dev.atlas.core.application.Application;
import dev.atlas.core.message.Reply;
import java.util.ArrayList;
import java.util.List;

/** One operation after the other, one batch at a time. */
public final class SequentialRunner<S, Q, R> implements TaskRunner<S> {

    private final Application<S, Q, R> application;
    private final Operations<S, Q, R> operations;

    public SequentialRunner(Application<S, Q, R> application) {
        this.application = application;
        this.operations = new Operations<>(application);
    }

    @Override
    public List<Reply> run(S state, List<Task> tasks) {
        List<Reply> replies = new ArrayList<>(tasks.size());
        for (Task task : tasks) {
            replies.add(operations.ordered(task, (request, context) -> application.execute(state, request, context)));
        }
        return replies;
    }

    @Override
    public int operationsAtOnce() {
        return 1;
    }
}
