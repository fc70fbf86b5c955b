package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.exec.state.Subtree.Place;
import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sixteen subtrees, some of them empty; more entries or bytes than a leaf takes. */
final class Branch extends Node {

    /** A bit for each. */
    private static final int CHILDREN = (1 << FAN_OUT) - 1;

    private final @Nullable Node[] children;
    private long entries;
    private long bytes;

    /**
     * Of the children that are parts and have not changed since they were described; none before the branch is divided. Whoever divides a branch that nobody changes
     * any more writes here, and others at once the same, or nothing.
     */
    private @Nullable PartDescriptor @Nullable [] described;

    Branch(Edit owner) {
        super(owner, FAN_OUT);
        this.children = new @Nullable Node[FAN_OUT];
    }

    Branch(Edit owner, @Nullable Node[] children) {
        super(owner, FAN_OUT);
        this.children = children;
        for (Node child : children) {
            if (child != null) {
                entries += child.entries();
                bytes += child.bytes();
            }
        }
    }

    private Branch(Edit owner, Branch original) {
        super(owner, original);
        this.children = original.children.clone();
        this.entries = original.entries;
        this.bytes = original.bytes;
        @Nullable PartDescriptor[] known = original.described;
        this.described = known == null ? null : known.clone();
    }

    @Nullable
    Node child(int digit) {
        return children[digit];
    }

    @Nullable
    PartDescriptor described(int digit) {
        @Nullable PartDescriptor[] known = described;
        return known == null ? null : known[digit];
    }

    void describe(int digit, PartDescriptor part) {
        @Nullable PartDescriptor[] known = described;
        if (known == null) {
            known = new @Nullable PartDescriptor[FAN_OUT];
            described = known;
        }
        known[digit] = part;
    }

    /** The digest of a child, which is computed if it is missing. */
    Digest childDigest(int digit, boolean isMissing, Scratch scratch) {
        Node child = children[digit];
        int at = digit * Digest.BYTES;
        if (isMissing && child != null) {
            child.digest(scratch, row(), at);
        }
        return Digest.read(ByteBuffer.wrap(row(), at, Digest.BYTES));
    }

    /** Takes the digest of a child. */
    void receive(Digest digest, int digit) {
        digest.write(ByteBuffer.wrap(row(), digit * Digest.BYTES, Digest.BYTES));
    }

    /** One child after the other. */
    void hashPiecewise(Scratch scratch) {
        int missing = missing();
        for (int rest = missing & CHILDREN; rest != 0; rest &= rest - 1) {
            int digit = Integer.numberOfTrailingZeros(rest);
            childDigest(digit, true, scratch);
        }
        complete(missing, scratch);
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
    byte @Nullable [] find(Path path, int depth, ByteString key) {
        Node child = children[path.digit(depth)];
        return child == null ? null : child.find(path, depth + 1, key);
    }

    @Override
    Node put(Edit edit, Path path, int depth, ByteString key, byte[] entry) {
        int digit = path.digit(depth);
        Node child = children[digit];
        long entriesBefore = child == null ? 0 : child.entries();
        long bytesBefore = child == null ? 0 : child.bytes();
        Node after = putInto(child, edit, path, depth + 1, key, entry);
        Branch target = replace(edit, digit, after, entriesBefore, bytesBefore);
        // Only a shorter value can make it fit; one that is being filled by a split is still too small and must not
        // collapse.
        return after.bytes() < bytesBefore ? target.collapseIfSmall(edit, depth) : target;
    }

    @Override
    @Nullable
    Node graft(Edit edit, Place place, int depth, Node subtree) {
        int digit = place.path().digit(depth);
        Node child = children[digit];
        long entriesBefore = child == null ? 0 : child.entries();
        long bytesBefore = child == null ? 0 : child.bytes();
        Node after = graftInto(child, edit, place, depth + 1, subtree);
        return after == null ? null : replace(edit, digit, after, entriesBefore, bytesBefore);
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
        target.changed(digit);
        if (target.described != null) {
            target.described[digit] = null;
        }
        return target;
    }

    private Node collapseIfSmall(Edit edit, int depth) {
        if (!fitsLeaf(entries, bytes, depth)) {
            return this;
        }
        List<byte[]> all = new ArrayList<>();
        forEach(all::add);
        all.sort(Comparator.comparing(Entries::key, ByteString.unsignedLexicographicalComparator()));
        return new Leaf(edit, all.toArray(byte[][]::new));
    }

    @Override
    void forEach(Consumer<byte[]> action) {
        for (Node child : children) {
            if (child != null) {
                child.forEach(action);
            }
        }
    }

    @Override
    void look(Sweep sweep) {
        sweep.lookAtBranchRow(row());
        sweep.seen += children[FAN_OUT - 1] == null ? 1 : 0;
    }

    @Override
    void descend(int missing, Sweep sweep, int self) {
        for (int rest = missing & CHILDREN; rest != 0; rest &= rest - 1) {
            int digit = Integer.numberOfTrailingZeros(rest);
            Node child = children[digit];
            if (child != null) {
                sweep.add(child, self, digit);
            }
        }
    }

    @Override
    byte kind() {
        return BRANCH_KIND;
    }

    /** All zero bits, which no digest is, stand for no child. */
    @Override
    void hashItems(int missing, Scratch scratch) {
        for (int rest = missing & CHILDREN; rest != 0; rest &= rest - 1) {
            int digit = Integer.numberOfTrailingZeros(rest);
            if (children[digit] == null) {
                int at = digit * Digest.BYTES;
                Arrays.fill(row(), at, at + Digest.BYTES, (byte) 0);
            }
        }
    }
}
