package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Hasher;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A stream of bytes cut into parts of bounded size, for what has no parts of its own; their digests are plain hashes. */
public final class Chunks {

    /** Size of all but the last. */
    public static final int BYTES = 1 << 20;

    /** Many streams are short: those of small parts, and of sessions that have done nothing yet. */
    private static final int INITIAL_BYTES = 512;

    private Chunks() {}

    /** Writes a stream; what it writes to never fails. */
    @FunctionalInterface
    public interface Writer {
        void writeTo(OutputStream target) throws IOException;
    }

    /** What the writer writes; no chunk is empty. */
    public static List<ByteString> write(Writer writer) {
        ChunkStream stream = new ChunkStream();
        try {
            writer.writeTo(stream);
        } catch (IOException failure) {
            throw new UncheckedIOException("a state cannot be written", failure);
        }
        return stream.chunks();
    }

    /** Hashes the chunks. */
    public static List<PartDescriptor> describe(List<ByteString> chunks) {
        List<PartDescriptor> parts = new ArrayList<>(chunks.size());
        for (int index = 0; index < chunks.size(); index++) {
            ByteString chunk = chunks.get(index);
            parts.add(new PartDescriptor(id(index), Hasher.hash(chunk.asReadOnlyByteBuffer()), chunk.size()));
        }
        return parts;
    }

    /** Which chunk a descriptor names. */
    public static int index(PartDescriptor part) {
        return part.id().asReadOnlyByteBuffer().getInt();
    }

    private static ByteString id(int index) {
        return UnsafeByteOperations.unsafeWrap(
                ByteBuffer.allocate(Integer.BYTES).putInt(index).array());
    }

    private static final class ChunkStream extends OutputStream {

        private final List<ByteString> full = new ArrayList<>();
        private byte[] current = new byte[INITIAL_BYTES];
        private int size;

        @Override
        public void write(int value) {
            makeRoom(1);
            current[size++] = (byte) value;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            for (int done = 0; done < length; ) {
                int taken = makeRoom(length - done);
                System.arraycopy(bytes, offset + done, current, size, taken);
                size += taken;
                done += taken;
            }
        }

        /** How much of it there is room for now: all, unless the chunk becomes full. */
        private int makeRoom(int wanted) {
            if (size == BYTES) {
                full.add(UnsafeByteOperations.unsafeWrap(current));
                current = new byte[BYTES];
                size = 0;
            }
            int room = Math.min(wanted, BYTES - size);
            if (size + room > current.length) {
                current = Arrays.copyOf(current, Math.min(BYTES, Math.max(2 * current.length, size + room)));
            }
            return room;
        }

        List<ByteString> chunks() {
            List<ByteString> all = new ArrayList<>(full);
            if (size > 0) {
                all.add(UnsafeByteOperations.unsafeWrap(Arrays.copyOf(current, size)));
            }
            return all;
        }
    }
}
