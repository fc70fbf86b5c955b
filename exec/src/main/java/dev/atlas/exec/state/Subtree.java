package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * A part of a {@link KeyValueState}: the largest subtrees of a column's trie that are within the bound.
 *
 * <p>Its id is column, depth and path of the subtree; its bytes are the id and the entries; its digest is the subtree's, so only what has changed in it
 * is hashed again, and who takes the subtree as it is need not hash it at all.
 *
 * @param root of the subtree; nobody changes it
 */
record Subtree(PartDescriptor descriptor, Place place, Node root) implements Part {

    /** Where a subtree is: the first {@code depth} digits of {@code path} lead to it. */
    record Place(String column, int depth, Path path) {

        static Place read(ByteBuffer source) throws IOException {
            String column = Entries.read(source).toStringUtf8();
            if (source.remaining() < 1 + Long.BYTES) {
                throw new IOException("a truncated id");
            }
            int depth = source.get();
            if (depth < 0 || depth > Node.DEPTH_LIMIT) {
                throw new IOException("a part at depth " + depth);
            }
            return new Place(column, depth, new Path(source.getLong()));
        }
    }

    static PartDescriptor describe(ByteString column, int depth, long path, Digest digest, long bytes) {
        ByteBuffer id = ByteBuffer.allocate(Integer.BYTES + column.size() + 1 + Long.BYTES);
        Entries.write(id, column);
        id.put((byte) depth).putLong(path);
        return new PartDescriptor(UnsafeByteOperations.unsafeWrap(id.array()), digest, id.capacity() + bytes);
    }

    /**
     * @throws IllegalArgumentException if there is no such part, or it has changed since it was described
     */
    static Subtree of(PartDescriptor part, Map<String, Node> columns) {
        Place place = place(part.id());
        Node node = columns.get(place.column());
        for (int level = 0; level < place.depth() && node != null; level++) {
            node = node instanceof Branch branch ? branch.child(place.path().digit(level)) : null;
        }
        if (node == null
                || part.id().size() + node.bytes() != part.bytes()
                || !node.digest().equals(part.digest())) {
            throw new IllegalArgumentException("the state has no such part");
        }
        return new Subtree(part, place, node);
    }

    private static Place place(ByteString id) {
        try {
            return Place.read(id.asReadOnlyByteBuffer());
        } catch (IOException malformed) {
            throw new IllegalArgumentException("no id of a part", malformed);
        }
    }

    /**
     * Reads {@link #bytes}; they are not trusted.
     *
     * @throws IOException if they are not those of this part
     */
    static Subtree read(PartDescriptor part, ByteString bytes) throws IOException {
        // The digest does not cover the name: the same entries under another would be another state.
        if (bytes.size() != part.bytes() || !bytes.startsWith(part.id())) {
            throw new IOException("another part, or one of another size");
        }
        Place place = Place.read(part.id().asReadOnlyByteBuffer());
        Node root = new SubtreeReader(bytes.substring(part.id().size())).read(place);
        if (!root.digest().equals(part.digest())) {
            throw new IOException("other entries than those of the part");
        }
        return new Subtree(part, place, root);
    }

    @Override
    public ByteString bytes() {
        ByteBuffer target = ByteBuffer.allocate(Math.toIntExact(descriptor.bytes()));
        descriptor.id().copyTo(target);
        root.forEach(target::put);
        return UnsafeByteOperations.unsafeWrap(target.array());
    }
}
