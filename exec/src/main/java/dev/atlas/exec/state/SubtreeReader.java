package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.Subtree.Place;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Builds a subtree of its entries, which come in the order of {@link Node#forEach}, from the leaves up: a fraction of the work of putting one entry after the
 * other. The entries are not trusted.
 */
final class SubtreeReader {

    private final ByteBuffer source;
    private final Edit edit = new Edit();
    private byte[][] entries = new byte[64][];
    private long[] paths = new long[64];
    private int size;

    SubtreeReader(ByteString bytes) {
        this.source = bytes.asReadOnlyByteBuffer().slice();
    }

    /**
     * @throws IOException if they are no entries, or not those of a subtree at this place
     */
    Node read(Place place) throws IOException {
        for (int at = 0; at < source.capacity(); ) {
            byte[] entry = entry(at);
            Path path = Path.of(Entries.key(entry));
            if (!path.begins(place.path(), place.depth())) {
                throw new IOException("an entry of another part");
            }
            add(entry, path);
            at += entry.length;
        }
        if (size == 0) {
            throw new IOException("an empty part");
        }
        return build(0, size, place.depth());
    }

    private byte[] entry(int at) throws IOException {
        int value = at + Integer.BYTES + length(at);
        byte[] entry = new byte[value + Integer.BYTES + length(value) - at];
        source.get(at, entry);
        return entry;
    }

    /** What is announced must be there. */
    private int length(int at) throws IOException {
        int left = source.capacity() - at - Integer.BYTES;
        int length = left < 0 ? -1 : source.getInt(at);
        if (length < 0 || length > left) {
            throw new IOException("a truncated entry");
        }
        return length;
    }

    private void add(byte[] entry, Path path) {
        if (size == entries.length) {
            entries = Arrays.copyOf(entries, 2 * size);
            paths = Arrays.copyOf(paths, 2 * size);
        }
        entries[size] = entry;
        paths[size] = path.bits();
        size++;
    }

    private Node build(int from, int to, int depth) throws IOException {
        long together = 0;
        for (int index = from; index < to; index++) {
            together += entries[index].length;
        }
        return Node.fitsLeaf(to - from, together, depth) ? leaf(from, to) : branch(from, to, depth);
    }

    private Leaf leaf(int from, int to) throws IOException {
        for (int index = from + 1; index < to; index++) {
            if (Entries.compareKey(entries[index], Entries.key(entries[index - 1])) <= 0) {
                throw new IOException("keys of a leaf out of order");
            }
        }
        return new Leaf(edit, Arrays.copyOfRange(entries, from, to));
    }

    private Branch branch(int from, int to, int depth) throws IOException {
        @Nullable Node[] children = new @Nullable Node[Node.FAN_OUT];
        for (int begin = from; begin < to; ) {
            int digit = new Path(paths[begin]).digit(depth);
            int end = begin + 1;
            while (end < to && new Path(paths[end]).digit(depth) == digit) {
                end++;
            }
            if (begin > from && new Path(paths[begin - 1]).digit(depth) > digit) {
                throw new IOException("subtrees out of order");
            }
            children[digit] = build(begin, end, depth + 1);
            begin = end;
        }
        return new Branch(edit, children);
    }
}
