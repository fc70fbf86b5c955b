package dev.atlas.core.message;

import dev.atlas.core.crypto.Signable;
import dev.atlas.net.crypto.Digest;

/**
 * "My log and state up to {@code sequence} are these" (OSDI'99, section 4.3).
 *
 * @param chain chain(s) = H(chain(s-1) || s || batch digest)
 * @param state digest over application, sessions, membership and time
 * @param pendingBoundary sequence number at which an ordered membership change takes effect, 0 if none is pending
 */
public record Checkpoint(long epoch, long sequence, Digest chain, Digest state, long pendingBoundary)
        implements Signable {}
