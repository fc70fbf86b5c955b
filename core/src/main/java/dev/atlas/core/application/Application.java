package dev.atlas.core.application;

import java.util.List;

/**
 * A deterministic state machine.
 *
 * <p>{@link #execute} must depend on nothing but its arguments: no clock, no randomness, no iteration over identity hashes. The same state and requests must
 * give the same state and replies on every replica. An exception becomes an error reply to that request, the same on every replica, and whatever the
 * request had changed stays changed, so check before you change. Its class and message are the reply, so they too must be the same everywhere: no hash codes, addresses
 * or texts that the virtual machine makes up (of its own exceptions, such as {@link NullPointerException}, the reply has the class only). An {@link Error} stops
 * the replica, and one that an ordered request brings about stops all of them. A reply whose encoding is longer than the replicas' limit for results, 1 MiB by default,
 * is replaced by an error too, and what its request has changed stays changed: give large answers in pieces.
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

    /**
     * Executes what one batch brings: the optional batch form, for an application to which many requests at once cost less than one after the other. It must come
     * to the same as {@link #execute} of each in order, since executors that run requests in parallel do without.
     *
     * <p>An exception that it throws itself is the error reply to all requests that have no answer yet.
     *
     * @param batch at least one
     */
    default void executeBatch(S state, List<OrderedRequest<Q>> batch, BatchReplies<R> replies) {
        for (int index = 0; index < batch.size(); index++) {
            R reply;
            try {
                reply = execute(
                        state, batch.get(index).request(), batch.get(index).context());
            } catch (Exception refused) { // a checked one too: not every language has them declared
                replies.refuse(index, refused);
                continue;
            }
            replies.reply(index, reply);
        }
    }

    /**
     * Answers one unordered request from the state as it is; must not change it. Runs in parallel with others of its kind.
     *
     * <p>A client has its request ordered if replicas answer it differently or too late, so {@link #execute} must answer it as well.
     */
    R executeUnordered(S state, Q request, ExecutionContext context);
}
