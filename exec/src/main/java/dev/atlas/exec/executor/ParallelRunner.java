package dev.atlas.exec.executor;

import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ScalableApplication;
import dev.atlas.core.message.Reply;
import dev.atlas.exec.speculative.SpeculativeRunner;
import java.util.List;

/** Operations in parallel, by speculation. */
public final class ParallelRunner<S extends CrudState, Q, R> implements TaskRunner<S> {

    /** More gain nothing, and the first would wait longer for their replies. */
    private static final int OPERATIONS_AT_ONCE = 1024;

    private final ScalableApplication<S, Q, R> application;
    private final Operations<S, Q, R> operations;
    private final SpeculativeRunner speculation;

    /**
     * @param largestResult in bytes; a longer one is replaced by an error
     */
    public ParallelRunner(ScalableApplication<S, Q, R> application, SpeculativeRunner speculation, int largestResult) {
        this.application = application;
        this.operations = new Operations<>(application, largestResult);
        this.speculation = speculation;
    }

    @Override
    public List<Reply> run(S state, List<Task> tasks) {
        return speculation.run(
                state,
                tasks.size(),
                (view, index) -> operations.ordered(
                        tasks.get(index),
                        (request, context) -> application.speculativelyExecute(view, request, context)));
    }

    @Override
    public int operationsAtOnce() {
        return OPERATIONS_AT_ONCE;
    }
}
