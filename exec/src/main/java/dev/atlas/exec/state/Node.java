package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of a column's trie over the hashes of its keys, four bits a level, which is a Merkle tree as well.
 *
 * <p>Its shape depends on its contents alone: a node is a leaf exactly when {@link #fitsLeaf} says so. So equal states have equal digests and parts
 * whatever their histories. Paths are bits of a SHA-256: keys are chosen by clients, and a client must not be able to grow a deep branch or a long leaf.
 *
 * <p>A node belongs to the {@link Edit} that made it and is changed by its owner only; all others copy it. The digest is computed when it is asked for, possibly
 * by several threads at once, all of which find and write the same. It lies in the node's own fields: a million digests made at once for a checkpoint, each an
 * object that stays, would have the garbage collector stop everybody to move them.
 */
abstract sealed class Node permits Leaf, Branch {

    static final int DIGIT_BITS = 4;

    static final int FAN_OUT = 1 << DIGIT_BITS;

    /** Digits of a path. Keys that agree in all of them would share a leaf of any size, which costs 2^64 hashes to provoke. */
    static final int DEPTH_LIMIT = 16;

    /** Small, because a changed entry costs hashing its whole leaf; larger would save memory. */
    static final int LEAF_ENTRIES = 8;

    static final int LEAF_BYTES = 32 * 1024;

    final Edit owner;
    private long digest0;
    private long digest1;
    private long digest2;
    private long digest3;
    /** Written after the digest, so that whoever reads true finds all of it. */
    private volatile boolean hashed;

    Node(Edit owner) {
        this.owner = owner;
    }

    static boolean fitsLeaf(long entries, long bytes, int depth) {
        return entries <= 1 || depth >= DEPTH_LIMIT || (entries <= LEAF_ENTRIES && bytes <= LEAF_BYTES);
    }

    /** A subtree at {@code depth} with one more entry; {@code node} may be none. */
    static Node putInto(@Nullable Node node, Edit edit, Path path, int depth, ByteString key, ByteString value) {
        if (node == null) {
            edit.previous = null;
            return new Leaf(edit, new ByteString[] {key}, new ByteString[] {value});
        }
        return node.put(edit, path, depth, key, value);
    }

    abstract long entries();

    /** Size of all entries as {@link Entries} writes them. */
    abstract long bytes();

    abstract @Nullable ByteString find(Path path, int depth, ByteString key);

    abstract Node put(Edit edit, Path path, int depth, ByteString key, ByteString value);

    /** Null if nothing is left. */
    abstract @Nullable Node remove(Edit edit, Path path, int depth, ByteString key);

    /** In the order of paths, and of keys within a leaf. */
    abstract void forEach(BiConsumer<ByteString, ByteString> action);

    abstract Digest computeDigest();

    final Digest digest() {
        hash();
        return new Digest(digest0, digest1, digest2, digest3);
    }

    final void writeDigest(ByteBuffer target) {
        hash();
        target.putLong(digest0).putLong(digest1).putLong(digest2).putLong(digest3);
    }

    /** Computes the digest, if it is not known; uses the thread's scratch buffer. */
    final void hash() {
        if (!hashed) {
            Digest computed = computeDigest();
            digest0 = computed.word0();
            digest1 = computed.word1();
            digest2 = computed.word2();
            digest3 = computed.word3();
            hashed = true;
        }
    }

    final void changed() {
        // Asked first: nearly always it is not, and writing would be a fence for each level of each change.
        if (hashed) {
            hashed = false;
        }
    }
}
