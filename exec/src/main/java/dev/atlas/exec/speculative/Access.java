package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import java.util.Optional;

/** What one incarnation has done to one location: which version it found there, and what it has left. */
final class Access {

    final Cell cell;

    /** Every operation reads before it writes, since it returns what was there: reading one's own write is no read of the memory. */
    final Version read;

    Optional<ByteString> value;
    boolean written;

    Access(Cell cell, Version read, Optional<ByteString> value) {
        this.cell = cell;
        this.read = read;
        this.value = value;
    }

    void write(Optional<ByteString> after) {
        value = after;
        written = true;
    }
}
