package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.Subtree.Place;
import dev.atlas.net.crypto.Digest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of a column's trie over the hashes of its keys, four bits a level, which is a Merkle tree as well.
 *
 * <p>Its shape depends on its contents alone: a node is a leaf exactly when {@link #fitsLeaf} says so. So equal states have equal digests and parts
 * whatever their histories. Paths are bits of a SHA-256: keys are chosen by clients, and a client must not be able to grow a deep branch or a long leaf.
 *
 * <p>A node belongs to the {@link Edit} that made it and is changed by its owner only; all others copy it.
 *
 * <p>A node consists of items, entries or subtrees, and keeps their digests side by side: what has changed is hashed, and then the row of digests, so neither
 * the values nor the nodes beside it are looked at again. Digests are computed when they are asked for, possibly by several threads at once, all of which find
 * and write the same, and possibly while the next owner copies the node. The room for them is there from the beginning: made for a checkpoint, a hundred
 * megabytes that stay would have the garbage collector stop everybody to move them.
 */
abstract sealed class Node permits Leaf, Branch {

    static final int DIGIT_BITS = 4;

    static final int FAN_OUT = 1 << DIGIT_BITS;

    /** Digits of a path. Keys that agree in all of them would share a leaf of any size, which costs 2^64 hashes to provoke. */
    static final int DEPTH_LIMIT = 16;

    /** A changed entry costs hashing the digests of its leaf, as many as a branch has. */
    static final int LEAF_ENTRIES = FAN_OUT;

    /**
     * Hashed after the digests of a leaf's entries or of a branch's children: so it is known of each digest in a row what it is one of, and entries, which are hashed as
     * they are, cannot pass for rows whatever they hold.
     */
    static final byte LEAF_KIND = 1;

    static final byte BRANCH_KIND = 2;

    final Edit owner;

    /** Of the items, in their order. Those of items that are not known are being written by whoever hashes, and are nobody's else to read. */
    private byte[] digests;

    /** One bit for each of the first items whose digest is not known unless all are; changed by the owner only. */
    private int unknown;

    /**
     * What this was copied from while that was not hashed, as happens all the time a checkpoint takes: what has not changed since need not be hashed again
     * here. Never a copy that has one itself, so it is one older version that is kept, until this is hashed; none where nobody asks for digests, since nothing is.
     */
    private @Nullable Node origin;

    /** One bit for each of the first items that are not those of the origin. */
    private int differing;

    /** Whether all digests are known. Written after them, so that whoever reads true finds all of them. */
    private volatile boolean hashed;

    Node(Edit owner, int items) {
        this.owner = owner;
        this.digests = new byte[items * Digest.BYTES];
        this.unknown = -1;
    }

    /** A copy, which knows what the original knows by now. */
    Node(Edit owner, Node original) {
        this.owner = owner;
        // Asked before the digests are copied: what is written meanwhile is not relied on.
        if (!original.hashed) {
            this.unknown = original.unknown;
            if (owner.interest.isShown()) {
                Node earlier = original.origin;
                this.origin = earlier == null ? original : earlier;
                this.differing = earlier == null ? 0 : original.differing;
            }
        }
        this.digests = original.digests.clone();
    }

    static boolean fitsLeaf(long entries, long bytes, int depth) {
        return entries <= 1 || depth >= DEPTH_LIMIT || (entries <= LEAF_ENTRIES && bytes <= KeyValueState.PART_BYTES);
    }

    /** A subtree at {@code depth} with one more entry; {@code node} may be none. */
    static Node putInto(@Nullable Node node, Edit edit, Path path, int depth, ByteString key, byte[] entry) {
        if (node == null) {
            edit.previous = null;
            return new Leaf(edit, new byte[][] {entry});
        }
        return node.put(edit, path, depth, key, entry);
    }

    /**
     * A tree with a subtree where nothing is yet; null if something is. Branches on the way there may have too little below them until other subtrees come.
     *
     * @param node at {@code depth} on the way to the place; may be none
     */
    static @Nullable Node graftInto(@Nullable Node node, Edit edit, Place place, int depth, Node subtree) {
        if (depth == place.depth()) {
            return node == null ? subtree : null;
        }
        return (node == null ? new Branch(edit) : node).graft(edit, place, depth, subtree);
    }

    abstract long entries();

    /** Size of all entries. */
    abstract long bytes();

    /** The entry of a key. */
    abstract byte @Nullable [] find(Path path, int depth, ByteString key);

    abstract Node put(Edit edit, Path path, int depth, ByteString key, byte[] entry);

    /** As {@link #graftInto}, below this node. */
    abstract @Nullable Node graft(Edit edit, Place place, int depth, Node subtree);

    /** Null if nothing is left. */
    abstract @Nullable Node remove(Edit edit, Path path, int depth, ByteString key);

    /** In the order of paths, and of keys within a leaf. */
    abstract void forEach(Consumer<byte[]> action);

    abstract byte kind();

    /** Has the sweep touch what {@link #descend} and hashing will read, and decides nothing by it. */
    abstract void look(Sweep sweep);

    /** Adds the missing subtrees to the sweep, or has it touch the missing entries. */
    abstract void descend(int missing, Sweep sweep, int self);

    /** Hashes what of the missing is no subtree. */
    abstract void hashItems(int missing, Scratch scratch);

    final Digest digest() {
        byte[] own = new byte[Digest.BYTES];
        digest(Scratch.own(), own, 0);
        return Digest.of(own);
    }

    final void digest(Scratch scratch, byte[] target, int offset) {
        hash(scratch);
        scratch.digest(digests, kind(), target, offset);
    }

    /** Computes the digests of the items, unless they are known. */
    final void hash(Scratch scratch) {
        if (!hashed) {
            if (this instanceof Branch branch && !Sweep.takes(branch)) {
                branch.hashPiecewise(scratch);
            } else {
                scratch.sweep().hash(this, scratch);
            }
        }
    }

    /** Reads anything that lies beside what {@link #missing} reads. */
    final int glance() {
        return unknown;
    }

    /** The digests of all items, side by side. */
    final byte[] row() {
        return digests;
    }

    /** A bit for each of the first items whose digest must be computed; those that the origin knows by now are copied. */
    final int missing() {
        if (hashed) {
            return 0;
        }
        Node source = origin;
        if (source == null || !source.hashed) {
            return unknown;
        }
        int items = Math.min(digests.length / Digest.BYTES, Integer.SIZE);
        int known = unknown & ~differing;
        for (int item = 0; item < items; item++) {
            if ((known & bit(item)) != 0) {
                int at = item * Digest.BYTES;
                System.arraycopy(source.digests, at, digests, at, Digest.BYTES);
            }
        }
        return unknown & differing;
    }

    /** After all missing subtrees. */
    final void complete(int missing, Scratch scratch) {
        if (hashed) {
            return;
        }
        hashItems(missing, scratch);
        hashed = true;
        origin = null;
    }

    /** Takes the digest of a subtree that is complete. */
    final void receive(Node child, int item, Scratch scratch) {
        scratch.digest(child.digests, child.kind(), digests, item * Digest.BYTES);
    }

    final void changed(int item) {
        forgetHashed();
        unknown |= bit(item);
        differing |= bit(item);
    }

    final void inserted(int item) {
        forgetHashed();
        origin = null;
        int at = item * Digest.BYTES;
        byte[] more = new byte[digests.length + Digest.BYTES];
        System.arraycopy(digests, 0, more, 0, at);
        System.arraycopy(digests, at, more, at + Digest.BYTES, digests.length - at);
        digests = more;
        int before = before(item);
        unknown = (unknown & before) | bit(item) | ((unknown & ~before) << 1);
    }

    final void removed(int item) {
        forgetHashed();
        origin = null;
        int at = item * Digest.BYTES;
        byte[] fewer = new byte[digests.length - Digest.BYTES];
        System.arraycopy(digests, 0, fewer, 0, at);
        System.arraycopy(digests, at + Digest.BYTES, fewer, at, fewer.length - at);
        digests = fewer;
        int before = before(item);
        // The last bit stands for an item that had none until now.
        unknown = (unknown & before) | ((unknown >>> 1) & ~before) | Integer.MIN_VALUE;
    }

    private void forgetHashed() {
        // Asked first: nearly always it is not, and writing would be a fence for each level of each change.
        if (hashed) {
            hashed = false;
            unknown = 0;
        }
    }

    private static int bit(int item) {
        return item < Integer.SIZE ? 1 << item : 0;
    }

    private static int before(int item) {
        return item < Integer.SIZE ? (1 << item) - 1 : -1;
    }
}
