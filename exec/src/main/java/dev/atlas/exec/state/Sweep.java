package dev.atlas.exec.state;

import dev.atlas.net.crypto.Digest;
import java.util.Arrays;

/**
 * Hashes what has changed in a subtree: from the root down, a level at a time, it finds and touches all that is needed, and then hashes it from the leaves up.
 *
 * <p>The changed nodes of a large state lie anywhere in memory. Going from one to the next while hashing would wait for memory at each step, together for longer
 * than the hashes take; those of one level do not depend on each other, so the processor fetches many at once if nothing else is done meanwhile. Owned by a thread.
 */
final class Sweep {

    /** A larger subtree is hashed in several sweeps: it would be out of the nearer caches again when it is hashed. */
    private static final long BYTES = 2L * KeyValueState.PART_BYTES;

    /** Bounds the room for the nodes of a subtree whose entries are tiny. */
    private static final long ENTRIES = 1 << 15;

    /** Of a cache. Where lines are longer, some are touched twice. */
    private static final int LINE_BYTES = 64;

    /** Of a larger entry, the processor itself fetches what follows. */
    private static final int LOOK_BYTES = 1024;

    /** What was looked at; not private, so that no compiler knows that nobody reads it and finds the looking useless. */
    long seen;

    private Node[] nodes = new Node[64];

    /** By node: the place of its parent, and which child of it the node is. */
    private int[] parents = new int[64];

    /** By node: which of its first items are to be hashed. */
    private int[] missing = new int[64];

    private int size;

    /** Whether the subtree is small enough. */
    static boolean takes(Branch root) {
        return root.bytes() <= BYTES && root.entries() <= ENTRIES;
    }

    /** Completes all nodes of a subtree. */
    void hash(Node root, Scratch scratch) {
        size = 0;
        add(root, 0, 0);
        for (int begin = 0; begin < size; ) {
            int end = size;
            // In two passes: in the first nothing is decided by what is looked at, so nothing waits for it.
            for (int index = begin; index < end; index++) {
                nodes[index].look(this);
            }
            for (int index = begin; index < end; index++) {
                missing[index] = nodes[index].missing();
                nodes[index].descend(missing[index], this, index);
            }
            begin = end;
        }
        for (int index = size - 1; index >= 0; index--) {
            Node node = nodes[index];
            node.complete(missing[index], scratch);
            if (index > 0) {
                int parent = parents[index];
                nodes[parent / Node.FAN_OUT].receive(node, parent % Node.FAN_OUT, scratch);
            }
        }
        // Not to be kept alive from here.
        Arrays.fill(nodes, 0, size, null);
    }

    /**
     * A node whose digest its parent needs.
     *
     * @param parent the parent's place
     * @param item which of its children
     */
    void add(Node node, int parent, int item) {
        if (size == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * size);
            parents = Arrays.copyOf(parents, 2 * size);
            missing = Arrays.copyOf(missing, 2 * size);
        }
        nodes[size] = node;
        parents[size] = parent * Node.FAN_OUT + item;
        size++;
        seen += node.glance();
    }

    /** All of an entry. */
    void lookAtEntry(byte[] entry) {
        long sum = entry[entry.length - 1];
        int end = Math.min(entry.length, LOOK_BYTES);
        for (int at = 0; at < end; at += LINE_BYTES) {
            sum += entry[at];
        }
        seen += sum;
    }

    /** The ends of a leaf's row: a loop up to its length would wait for the length. */
    void lookAtLeafRow(byte[] digests) {
        seen += digests[0] + digests[digests.length - 1];
    }

    /** All of a branch's row. */
    void lookAtBranchRow(byte[] digests) {
        long sum = digests[Node.FAN_OUT * Digest.BYTES - 1];
        for (int at = 0; at < Node.FAN_OUT * Digest.BYTES; at += LINE_BYTES) {
            sum += digests[at];
        }
        seen += sum;
    }
}
