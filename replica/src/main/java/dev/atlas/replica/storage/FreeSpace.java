package dev.atlas.replica.storage;

import java.io.File;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * What is left of the disk under a LevelDB database. LevelDB writes its files through memory maps: a page for which there is no room ends the process with SIGBUS,
 * with no exception and no word of why. So this is asked before every write, and stops the replica in order, and in time. Thread-safe.
 */
final class FreeSpace {

    /**
     * Left to LevelDB for what it does beside us, in full write buffers: a compaction of twelve tables of that size, the most that it lets wait for one, whose files
     * are all there before the old ones are deleted; the table that a buffer is becoming; the log of the next; and two for what that compaction overlaps. What else
     * writes to this disk, the journal too, takes of it.
     */
    static final long RESERVE_BYTES = 16L * LevelDbDisk.WRITE_BUFFER_BYTES;

    private static final int MEBIBYTE = 1 << 20;

    private final Path directory;
    private final LongSupplier usableBytes;

    FreeSpace(Path directory) {
        this(directory, () -> usableBytes(directory.toFile()));
    }

    /** With another disk, for those who want to see it full. */
    FreeSpace(Path directory, LongSupplier usableBytes) {
        this.directory = directory;
        this.usableBytes = usableBytes;
    }

    /** A file system that has no size, such as one of a network that does not tell, says nothing about what is left either. */
    private static long usableBytes(File directory) {
        long usable = directory.getUsableSpace();
        return usable == 0 && directory.getTotalSpace() == 0 ? Long.MAX_VALUE : usable;
    }

    /**
     * @param bytes about to be written
     * @throws StorageException if that would take of the reserve
     */
    void demand(long bytes) throws StorageException {
        long left = usableBytes.getAsLong();
        if (left < RESERVE_BYTES + bytes) {
            throw new StorageException(
                    "the disk of " + directory + " is full: " + left / MEBIBYTE + " MiB are left, and LevelDB needs "
                            + Math.ceilDiv(RESERVE_BYTES + bytes, MEBIBYTE) + "; make room there and start again");
        }
    }
}
