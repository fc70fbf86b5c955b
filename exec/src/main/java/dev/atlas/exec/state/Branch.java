package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Sixteen subtrees, some of them empty; more entries or bytes than a leaf takes. */
final class Branch extends Node {

    private static final byte KIND = 1;
    private static final byte NO_CHILD = 0;
    private static final byte CHILD = 1;

    private final @Nullable Node[] children;
    private long entries;
    private long bytes;

    Branch(Edit owner) {
        super(owner);
        this.children = new @Nullable Node[FAN_OUT];
    }

    private Branch(Edit owner, Branch original) {
        super(owner);
        this.children = original.children.clone();
        this.entries = original.entries;
        this.bytes = original.bytes;
    }

    @Nullable
    Node child(int digit) {
        return children[digit];
    }

    @Override
    long entries() {
        return entries;
    }

    @Override
    long bytes() {
        return bytes;
    }

    @Override
    @Nullable
    ByteString find(Path path, int depth, ByteString key) {
        Node child = children[path.digit(depth)];
        return child == null ? null : child.find(path, depth + 1, key);
    }

    @Override
    Node put(Edit edit, Path path, int depth, ByteString key, ByteString value) {
        int digit = path.digit(depth);
        Node child = children[digit];
        long entriesBefore = child == null ? 0 : child.entries();
        long bytesBefore = child == null ? 0 : child.bytes();
        Node after = putInto(child, edit, path, depth + 1, key, value);
        Branch target = replace(edit, digit, after, entriesBefore, bytesBefore);
        // Only a shorter value can make it fit; one that is being filled by a split is still too small and must not
        // collapse.
        return after.bytes() < bytesBefore ? target.collapseIfSmall(edit, depth) : target;
    }

    @Override
    @Nullable
    Node remove(Edit edit, Path path, int depth, ByteString key) {
        int digit = path.digit(depth);
        Node child = children[digit];
        if (child == null) {
            edit.previous = null;
            return this;
        }
        long entriesBefore = child.entries();
        long bytesBefore = child.bytes();
        Node after = child.remove(edit, path, depth + 1, key);
        if (edit.previous == null) {
            return this;
        }
        return replace(edit, digit, after, entriesBefore, bytesBefore).collapseIfSmall(edit, depth);
    }

    private Branch replace(Edit edit, int digit, @Nullable Node after, long entriesBefore, long bytesBefore) {
        Branch target = owner == edit ? this : new Branch(edit, this);
        target.children[digit] = after;
        target.entries += (after == null ? 0 : after.entries()) - entriesBefore;
        target.bytes += (after == null ? 0 : after.bytes()) - bytesBefore;
        target.changed();
        return target;
    }

    private Node collapseIfSmall(Edit edit, int depth) {
        if (!fitsLeaf(entries, bytes, depth)) {
            return this;
        }
        TreeMap<ByteString, ByteString> all = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        forEach(all::put);
        return new Leaf(
                edit, all.keySet().toArray(ByteString[]::new), all.values().toArray(ByteString[]::new));
    }

    @Override
    void forEach(BiConsumer<ByteString, ByteString> action) {
        for (Node child : children) {
            if (child != null) {
                child.forEach(action);
            }
        }
    }

    @Override
    Digest computeDigest() {
        // The children's first: they use the same buffer.
        for (Node child : children) {
            if (child != null) {
                child.hash();
            }
        }
        Scratch scratch = Scratch.own();
        ByteBuffer all = scratch.buffer(1 + FAN_OUT * (1 + Digest.BYTES)).put(KIND);
        for (Node child : children) {
            if (child == null) {
                all.put(NO_CHILD);
            } else {
                child.writeDigest(all.put(CHILD));
            }
        }
        return scratch.digest(all);
    }
}
