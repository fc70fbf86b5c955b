package dev.atlas.replica.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The end of LevelDB's newest log, where power may have failed in the middle of a write.
 *
 * <p>The LevelDB that there is for Java takes that for damage, and told not to mind damage it would skip any. One write is one logical record, and the next
 * begins when that is synced; so what is broken is a torn end, of which nobody was told, exactly if no logical record begins after it.
 *
 * <p>The format (LevelDB, doc/log_format.md): blocks of 32 KiB; in them fragments, each with its masked CRC-32C (four bytes, little-endian, as all), length (two)
 * and kind (one). Zeros follow where a file was extended in advance.
 */
final class TornEnd {

    private static final int BLOCK_BYTES = 32 << 10;
    private static final int HEADER_BYTES = 7;
    private static final int FULL = 1;
    private static final int FIRST = 2;
    private static final int LAST = 4;

    /** As LevelDB names its logs: six digits, or more without a leading zero. */
    private static final Pattern NAME = Pattern.compile("([0-9]{6}|[1-9][0-9]{6,18})\\.log");

    private static final Comparator<String> BY_NUMBER =
            Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

    private long intactEnd;
    private boolean isOpen;
    private boolean isBroken;
    private boolean isDamaged;

    private TornEnd() {}

    /** Cuts a torn end off. Empty, and nothing is changed, if there is none, or more than an end is broken. */
    static Optional<Long> cut(Path directory) throws IOException {
        Optional<Path> newest = newestLog(directory);
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        // The same lock that LevelDB takes: nobody may be writing.
        try (FileChannel lockFile = FileChannel.open(directory.resolve("LOCK"), StandardOpenOption.WRITE);
                FileLock lock = lockFile.tryLock();
                FileChannel log = FileChannel.open(newest.get(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (lock == null || !isLevelDbs(log)) {
                return Optional.empty();
            }
            TornEnd end = new TornEnd();
            end.scan(log);
            if (end.isDamaged || !(end.isBroken || end.isOpen)) {
                return Optional.empty();
            }
            long dropped = log.size() - end.intactEnd;
            log.truncate(end.intactEnd);
            log.force(true);
            return Optional.of(dropped);
        }
    }

    private static Optional<Path> newestLog(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> NAME.matcher(name).matches())
                    .max(BY_NUMBER)
                    .map(directory::resolve);
        }
    }

    /** Whether it begins as a log does, torn or not: with a record, or with zeros where its page is missing. No text does. */
    private static boolean isLevelDbs(FileChannel log) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int read = 0;
        while (header.hasRemaining() && read >= 0) {
            read = log.read(header, header.position());
        }
        if (header.hasRemaining()) {
            return true; // a record's header cut short, and too little to be anything
        }
        int length = Short.toUnsignedInt(header.getShort(Integer.BYTES));
        int kind = header.get(HEADER_BYTES - 1);
        return kind == 0
                ? length == 0 && header.getInt(0) == 0
                : (kind == FULL || kind == FIRST) && length <= BLOCK_BYTES - HEADER_BYTES;
    }

    private void scan(FileChannel log) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long start = 0; start < log.size(); start += BLOCK_BYTES) {
            block.clear();
            int read = 0;
            while (block.hasRemaining() && read >= 0) {
                read = log.read(block, start + block.position());
            }
            scanBlock(block.flip(), start);
        }
    }

    private void scanBlock(ByteBuffer block, long start) {
        while (block.remaining() >= HEADER_BYTES) {
            int at = block.position();
            int checksum = block.getInt(at);
            int length = Short.toUnsignedInt(block.getShort(at + Integer.BYTES));
            int kind = block.get(at + HEADER_BYTES - 1);
            if (kind == 0 && length == 0) {
                isBroken |= isOpen; // pages are missing in a record, or it is extended in advance behind the last
                return;
            }
            if (HEADER_BYTES + length > block.remaining()) {
                isBroken = true;
                return;
            }
            block.position(at + HEADER_BYTES + length);
            if (checksum == masked(block, at + HEADER_BYTES - 1, 1 + length)) {
                fragment(kind, start + block.position());
            } else {
                isBroken = true;
            }
        }
        isBroken |= block.hasRemaining() && block.limit() < BLOCK_BYTES;
    }

    private void fragment(int kind, long end) {
        boolean begins = kind == FULL || kind == FIRST;
        if (begins && (isBroken || isOpen)) {
            isDamaged = true; // whoever wrote this had synced what is broken
        } else if (!begins && !isOpen) {
            isBroken = true; // its beginning is not there
        }
        isOpen = kind == FIRST || (isOpen && kind != FULL && kind != LAST);
        if (!isBroken && !isDamaged && !isOpen) {
            intactEnd = end;
        }
    }

    private static int masked(ByteBuffer block, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(block.duplicate().limit(from + length).position(from));
        int value = (int) crc.getValue();
        return Integer.rotateRight(value, 15) + 0xa282ead8;
    }
}
