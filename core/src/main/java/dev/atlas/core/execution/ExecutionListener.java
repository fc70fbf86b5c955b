package dev.atlas.core.execution;

import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.util.List;

/** Hears what an executor has done, on the executor's thread; must not block. */
public interface ExecutionListener {

    /** The state at {@code sequence}, with everything a CHECKPOINT vouches for under {@code stateDigest}. */
    void checkpoint(long sequence, Digest chain, Digest stateDigest, Snapshot snapshot);

    /** Which operations one batch has answered: a hint for pre-processing. */
    void answered(long sequence, List<Answered> operations);

    /** The executor has failed and stops. */
    void failed(Throwable cause);

    /** One answered operation; {@code session} is {@link SessionId#NONE} for an opening, whose number it then is. */
    record Answered(ClientId client, SessionId session, long number) {}

    /** A serialised checkpoint: application state, sessions and time. */
    interface Snapshot {
        void writeTo(java.io.OutputStream target) throws java.io.IOException;
    }
}
