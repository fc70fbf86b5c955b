package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import java.util.Optional;

/**
 * What one incarnation of an operation has written to one location; the object is the version: a read is still good if it would find the same one.
 */
final class Version {

    /** Writer of what was there before the block. */
    static final int BASE = -1;

    final int writer;

    /** Empty is a tombstone: it hides the versions below. */
    final Optional<ByteString> value;

    /** Its operation runs again and will probably write here again: whoever needs it had better wait. */
    volatile boolean estimate;

    Version(int writer, Optional<ByteString> value) {
        this.writer = writer;
        this.value = value;
    }
}
