package dev.atlas.replica.storage.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Fills a file with zeros up to a length, in pieces that are synced one by one, so that syncs of others never wait for much of it. Zeros that are written, and not
 * room that is reserved: that would cost the file system a change of its own records at the first write into each part of it.
 */
public final class Preparation {

    private static final int ZEROS = 1 << 20;
    private static final int PIECE_BYTES = 4 << 20;

    private final SegmentFile file;
    private final long end;

    Preparation(SegmentFile file, long end) {
        this.file = file;
        this.end = end;
    }

    /** All of it at once; a file that is that long is only synced. */
    static void run(SegmentFile file, long end) throws IOException {
        Preparation preparation = new Preparation(file, end);
        boolean isDone = false;
        while (!isDone) {
            isDone = preparation.step();
        }
    }

    /** Writes a piece; whether it was the last. Nobody else writes to the file meanwhile. */
    public boolean step() throws IOException {
        long length = file.length();
        long until = Math.min(end, length + PIECE_BYTES);
        ByteBuffer zeros = ByteBuffer.allocateDirect(Math.clamp(until - length, 0, ZEROS));
        for (long at = length; at < until; at += zeros.limit()) {
            file.write(zeros.clear().limit((int) Math.min(zeros.capacity(), until - at)), at);
        }
        file.force(true);
        return until >= end;
    }
}
