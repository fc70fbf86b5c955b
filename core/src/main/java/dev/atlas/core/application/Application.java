package dev.atlas.core.application;

/**
 * A deterministic state machine.
 *
 * <p>{@link #execute} must depend on nothing but its arguments: no clock, no randomness, no iteration over identity hashes. The same state and requests must
 * give the same state and replies on every replica. An exception becomes an error reply to that request, the same on every replica, and whatever the
 * request had changed stays changed, so check before you change; an {@link Error} stops the replica.
 *
 * @param <S> state
 * @param <Q> request
 * @param <R> reply
 */
public interface Application<S, Q, R> {

    /** A new state as it is before the first request. */
    S initialState();

    Codec<Q> requestCodec();

    Codec<R> replyCodec();

    /** Executes one ordered request; only one at a time. */
    R execute(S state, Q request, ExecutionContext context);

    /** Answers one unordered request from the state as it is; must not change it. Runs in parallel with others of its kind. */
    R executeUnordered(S state, Q request, ExecutionContext context);
}
