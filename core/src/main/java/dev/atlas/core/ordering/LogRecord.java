package dev.atlas.core.ordering;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.ViewChange;
import dev.atlas.net.crypto.Digest;
import java.util.List;

/** What must survive a restart before anything that asserts it may leave. */
public sealed interface LogRecord {

    /** Q entry with its batch (and, in the shell, every body it names). */
    record PrePrepared(long view, long sequence, Batch batch) implements LogRecord {}

    /** P entry. */
    record Prepared(long view, long sequence, Digest digest) implements LogRecord {}

    /** The view left behind and the VIEW-CHANGE, which is re-sent byte for byte. */
    record ViewChanging(Signed<ViewChange> viewChange) implements LogRecord {}

    /** The view accepted, with all that it rests on. */
    record ViewEntered(Signed<NewView> newView, List<Signed<ViewChange>> viewChanges) implements LogRecord {}

    /** A learner votes from now on, above a stable checkpoint. */
    record Voter(long stable) implements LogRecord {}

    /** The low watermark rises. */
    record Stable(CheckpointCertificate certificate) implements LogRecord {}
}
