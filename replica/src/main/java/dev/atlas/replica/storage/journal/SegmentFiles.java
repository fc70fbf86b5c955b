package dev.atlas.replica.storage.journal;

import java.io.IOException;

/** The files of one journal, in slots numbered from 0. */
public interface SegmentFiles {

    boolean isThere(int slot) throws IOException;

    /** Opens a file, and creates it if it is not there; its name is durable after {@link #forceNames}. */
    SegmentFile open(int slot) throws IOException;

    /** Makes durable which files there are. */
    void forceNames() throws IOException;

    /** Removes a file if it is there. */
    void delete(int slot) throws IOException;
}
