package dev.atlas.replica.storage.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files {@code journal.0}, {@code journal.1} of a directory that somebody else has locked. */
public final class DirectorySegments implements SegmentFiles {

    private static final boolean IS_WINDOWS = System.getProperty("os.name", "").startsWith("Windows");

    private final Path directory;

    public DirectorySegments(Path directory) {
        this.directory = directory;
    }

    private Path file(int slot) {
        return directory.resolve("journal." + slot);
    }

    @Override
    public boolean isThere(int slot) {
        return Files.exists(file(slot));
    }

    @Override
    public SegmentFile open(int slot) throws IOException {
        return new ChannelSegment(FileChannel.open(
                file(slot), StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE));
    }

    @Override
    public void forceNames() throws IOException {
        forceNames(directory);
    }

    /** Makes the names in a directory durable. */
    public static void forceNames(Path directory) throws IOException {
        forceNames(directory, IS_WINDOWS);
    }

    /** Windows lets nobody open a directory like this; its file system keeps a journal of names. */
    static void forceNames(Path directory, boolean isWindows) throws IOException {
        if (!isWindows) {
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
                names.force(true);
            }
        }
    }

    @Override
    public void delete(int slot) throws IOException {
        Files.deleteIfExists(file(slot));
    }

    private record ChannelSegment(FileChannel channel) implements SegmentFile {

        @Override
        public void read(ByteBuffer target, long position) throws IOException {
            long next = position;
            int count = 0;
            while (target.hasRemaining() && count >= 0) {
                count = channel.read(target, next);
                next += count;
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            long next = position;
            while (source.hasRemaining()) {
                next += channel.write(source, next);
            }
        }

        @Override
        public void force(boolean length) throws IOException {
            channel.force(length);
        }

        @Override
        public long length() throws IOException {
            return channel.size();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
