package dev.atlas.core.execution;

import dev.atlas.net.crypto.Digest;

/** Hears what an executor has done, on the executor's thread unless said otherwise; must not block. */
public interface ExecutionListener {

    /** The state at {@code sequence} has the digest that a CHECKPOINT vouches for. On any thread, in the order of the checkpoints. */
    void checkpoint(long sequence, Digest chain, Digest stateDigest);

    /** The state at {@code sequence} was installed from elsewhere and can be had from the executor. On any thread, in order with the checkpoints. */
    default void installedCheckpoint(long sequence) {
        // Only whoever keeps states beyond the executor's life needs to know.
    }

    /** Another state was installed; of what it has answered, the decisions were not heard here. A hint for pre-processing. */
    void installed(AnsweredNumbers answered);

    /** The executor has failed and stops. */
    void failed(Throwable cause);
}
