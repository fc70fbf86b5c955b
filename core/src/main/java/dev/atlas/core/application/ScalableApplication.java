package dev.atlas.core.application;

/**
 * An application whose ordered requests can run in parallel, with the same results as one after the other.
 *
 * <p>{@link #speculativelyExecute} may run several times for one request, on several threads at once, and sees values that no order of the requests
 * would give; then what it returns or throws is thrown away and it runs again. So it keeps nothing outside the view, and a loop whose end depends on
 * what it read must read from the view again in its body, which is where a doomed execution is stopped. Do not catch {@link Error}.
 *
 * @param <S> state
 * @param <Q> request
 * @param <R> reply
 */
public interface ScalableApplication<S extends CrudState, Q, R> extends Application<S, Q, R> {

    /** Executes one ordered request on a view of the state; thread-safe. The rules of {@link #execute} hold. */
    R speculativelyExecute(CrudState view, Q request, ExecutionContext context);

    @Override
    default R execute(S state, Q request, ExecutionContext context) {
        return speculativelyExecute(state, request, context);
    }
}
