package dev.atlas.core.application;

/**
 * Takes what comes of the requests of a batch, in any order, once for each; a second answer to the same is an {@link IllegalStateException}.
 *
 * @param <R> reply
 */
public interface BatchReplies<R> {

    /** Encoded at once: what is changed in the reply later does not show. */
    void reply(int index, R reply);

    /** The cause becomes the error reply to that request. */
    void refuse(int index, Exception cause);
}
