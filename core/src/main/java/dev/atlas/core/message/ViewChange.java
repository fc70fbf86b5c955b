package dev.atlas.core.message;

import dev.atlas.core.crypto.Signable;
import dev.atlas.net.crypto.Digest;
import java.util.List;
import java.util.Optional;

/**
 * A replica leaves its view and tells what it has prepared and pre-prepared (TOCS'02, section 4.4).
 *
 * @param newView the view asked for
 * @param stable h, the last stable checkpoint
 * @param certificate of {@code stable}; empty only when that is 0, the genesis
 * @param prepared P, ascending by sequence number
 * @param prePrepared Q, ascending by sequence number, then digest
 */
public record ViewChange(
        long epoch,
        long newView,
        long stable,
        Optional<CheckpointCertificate> certificate,
        List<Prepared> prepared,
        List<PrePrepared> prePrepared)
        implements Signable {

    public ViewChange {
        prepared = List.copyOf(prepared);
        prePrepared = List.copyOf(prePrepared);
    }

    /** {@code digest} prepared at {@code sequence} in {@code view}, the latest such view. */
    public record Prepared(long sequence, Digest digest, long view) {}

    /** {@code digest} was pre-prepared at {@code sequence}, last in {@code view}. */
    public record PrePrepared(long sequence, Digest digest, long view) {}
}
