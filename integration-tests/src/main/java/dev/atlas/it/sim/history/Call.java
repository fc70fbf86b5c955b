package dev.atlas.it.sim.history;

/**
 * One operation of a history.
 *
 * @param id its place among the calls of the history
 */
public record Call<I, O>(int id, String client, I input, long calledNanos, Fate<O> fate) {

    /** What the client came to know. */
    public sealed interface Fate<O> {

        /** Nothing: it may take effect once, at any time after its call, or never. */
        record Open<O>() implements Fate<O> {}

        /** It took effect, between call and answer. */
        record Answered<O>(O output, long nanos) implements Fate<O> {}

        /** It has not taken effect and never will. */
        record Refused<O>() implements Fate<O> {}
    }

    Call<I, O> ended(Fate<O> how) {
        return new Call<>(id, client, input, calledNanos, how);
    }

    /** An answer that this operation allows. */
    boolean allows(O output) {
        return switch (fate) {
            case Fate.Open<O> ignored -> true;
            case Fate.Answered<O> answered -> answered.output().equals(output);
            case Fate.Refused<O> ignored -> false;
        };
    }

    boolean isOpen() {
        return fate instanceof Fate.Open<O>;
    }
}
