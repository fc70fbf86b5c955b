package dev.atlas.core.execution;

import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.util.List;

/** Hears what an executor has done, on the executor's thread unless said otherwise; must not block. */
public interface ExecutionListener {

    /** The state at {@code sequence} has the digest that a CHECKPOINT vouches for. On any thread, in the order of the checkpoints. */
    void checkpoint(long sequence, Digest chain, Digest stateDigest);

    /** The state at {@code sequence} was installed from elsewhere and can be had from the executor. On any thread, in order with the checkpoints. */
    default void installed(long sequence) {
        // Only whoever keeps states beyond the executor's life needs to know.
    }

    /** Which operations one batch has answered: a hint for pre-processing. */
    void answered(long sequence, List<Answered> operations);

    /** The executor has failed and stops. */
    void failed(Throwable cause);

    /** One answered operation; {@code session} is {@link SessionId#NONE} for an opening, whose number it then is. */
    record Answered(ClientId client, SessionId session, long number) {}
}
