package dev.atlas.it.sim.history;

/**
 * A deterministic object, used by one client at a time: what a linearizable history must look like.
 *
 * @param <S> state of one partition; immutable, with equality by value
 * @param <I> what is called
 * @param <O> what is answered; with equality by value
 */
public interface SequentialModel<S, I, O> {

    /** What an operation leaves and answers. */
    record Step<S, O>(S state, O output) {}

    /**
     * Names the part of the object that an operation works on. Operations on different parts must not affect each other: a history is linearizable if
     * each part of it is.
     *
     * @throws IllegalArgumentException if the operation works on more than one
     */
    String partition(I input);

    /** State of every part at the beginning. */
    S initial();

    Step<S, O> apply(S state, I input);

    /** For people, like the two below. */
    String describe(S state);

    String describeInput(I input);

    String describeOutput(O output);
}
