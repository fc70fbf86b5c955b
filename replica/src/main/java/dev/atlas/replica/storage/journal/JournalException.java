package dev.atlas.replica.storage.journal;

import java.io.IOException;

/** A journal cannot be used; nothing in it was changed. */
public final class JournalException extends IOException {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** Why not. */
    public enum Reason {
        /** Something is not there any more that was durable. */
        DAMAGED,
        /** Its records have a format that this version does not know. */
        NEWER
    }

    JournalException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    static JournalException damaged(String how) {
        return new JournalException(Reason.DAMAGED, how);
    }

    public Reason reason() {
        return reason;
    }
}
