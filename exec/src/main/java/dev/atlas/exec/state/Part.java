package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A part of a {@link KeyValueState}: the largest subtrees of a column's trie that are within the bound.
 *
 * <p>Its id is column, depth and path of the subtree; its bytes are the id and the entries; its digest is the subtree's, so only what has changed in it
 * is hashed again.
 */
record Part(String column, Node content) {

    static PartDescriptor describe(ByteString column, int depth, long path, Digest digest, long bytes) {
        ByteBuffer id = ByteBuffer.allocate(idSize(column));
        writeId(id, column, depth, path);
        return new PartDescriptor(UnsafeByteOperations.unsafeWrap(id.array()), digest, id.capacity() + bytes);
    }

    /**
     * @throws IllegalArgumentException if there is no such part
     */
    static ByteString write(ByteString id, Map<String, Node> columns) {
        ByteBuffer source = id.asReadOnlyByteBuffer();
        try {
            String column = Entries.read(source).toStringUtf8();
            int depth = source.get();
            Path path = new Path(source.getLong());
            Node node = columns.get(column);
            for (int level = 0; level < depth && node != null; level++) {
                node = node instanceof Branch branch ? branch.child(path.digit(level)) : null;
            }
            if (node != null) {
                return write(id, node);
            }
        } catch (IOException | java.nio.BufferUnderflowException malformed) {
            throw new IllegalArgumentException("no id of a part", malformed);
        }
        throw new IllegalArgumentException("the state has no such part");
    }

    private static ByteString write(ByteString id, Node node) {
        ByteBuffer target = ByteBuffer.allocate(Math.toIntExact(id.size() + node.bytes()));
        id.copyTo(target);
        node.forEach(target::put);
        return UnsafeByteOperations.unsafeWrap(target.array());
    }

    /** Reads what {@link #write} wrote; the source is not trusted. */
    static Part read(ByteString bytes) throws IOException {
        ByteBuffer source = bytes.asReadOnlyByteBuffer();
        String column = Entries.read(source).toStringUtf8();
        if (source.remaining() < 1 + Long.BYTES) {
            throw new IOException("a truncated part");
        }
        int depth = source.get();
        Path begin = new Path(source.getLong());
        if (depth < 0 || depth > Node.DEPTH_LIMIT) {
            throw new IOException("a part at depth " + depth);
        }
        Edit edit = new Edit();
        @Nullable Node node = null;
        while (source.hasRemaining()) {
            ByteString key = Entries.read(source);
            Path path = Path.of(key);
            if (!path.begins(begin, depth)) {
                // Thousands of them, said to lie where paths end, would be put into one leaf one by one.
                throw new IOException("an entry of another part");
            }
            node = Node.putInto(node, edit, path, depth, key, Entries.of(key, Entries.read(source)));
        }
        if (node == null) {
            throw new IOException("an empty part");
        }
        return new Part(column, node);
    }

    Digest digest() {
        return content.digest();
    }

    private static int idSize(ByteString column) {
        return Integer.BYTES + column.size() + 1 + Long.BYTES;
    }

    private static void writeId(ByteBuffer target, ByteString column, int depth, long path) {
        Entries.write(target, column);
        target.put((byte) depth).putLong(path);
    }
}
