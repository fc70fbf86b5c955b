package dev.atlas.replica.storage.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One file of a journal. */
public interface SegmentFile extends Closeable {

    /** Fills the rest of the buffer from there on, or what the file has of it. */
    void read(ByteBuffer target, long position) throws IOException;

    /** Writes all that remains in the buffer, and makes the file longer if need be. */
    void write(ByteBuffer source, long position) throws IOException;

    /**
     * Makes durable what was written.
     *
     * @param length whether that has made the file longer
     */
    void force(boolean length) throws IOException;

    long length() throws IOException;
}
