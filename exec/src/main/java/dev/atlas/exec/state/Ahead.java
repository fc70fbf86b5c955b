package dev.atlas.exec.state;

import java.util.ArrayList;
import java.util.List;

/**
 * Looks at what has changed in a subtree before it is hashed, a level at a time.
 *
 * <p>The changed nodes of a large state lie anywhere in memory. Going from one to the next while hashing waits for memory at each step, together for longer than the
 * hashes take; those of one level do not depend on each other, so the processor fetches many at once. Decides nothing. Owned by a thread.
 */
final class Ahead {

    /** A larger subtree would be out of the cache again when it is hashed. */
    private static final long BYTES = 2L * KeyValueState.PART_BYTES;

    private static final int NODES = 2048;

    /** What was looked at; not private, so that no compiler knows that nobody reads it and finds the looking useless. */
    long seen;

    private final List<Node> nodes = new ArrayList<>();
    private boolean inside;

    /** Whether the node is the root of a subtree of the right size, which has now been looked at; {@link #leave} follows when it is hashed. */
    boolean enter(Node root) {
        if (inside || root.bytes() > BYTES) {
            return false;
        }
        inside = true;
        nodes.add(root);
        for (int begin = 0; begin < nodes.size(); ) {
            int end = nodes.size();
            // In two passes: in the first nothing is decided by what is looked at, so nothing waits for it.
            for (int index = begin; index < end; index++) {
                seen += nodes.get(index).look();
            }
            for (int index = begin; index < end; index++) {
                nodes.get(index).addChanged(this);
            }
            begin = end;
        }
        nodes.clear();
        return true;
    }

    /** The first ones are enough where there are more. */
    void add(Node node) {
        if (nodes.size() < NODES) {
            nodes.add(node);
        }
    }

    void leave() {
        inside = false;
    }
}
