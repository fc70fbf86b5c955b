package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import java.util.List;

/**
 * Adds the parts of a column to a list, in the order of their paths, and hashes what has changed in it.
 *
 * <p>Both in one walk: what has just been hashed need not be fetched from memory again to be described. What has not changed is not looked at, since the branch
 * above it remembers how it was described.
 */
final class Division {

    private final ByteString column;
    private final List<PartDescriptor> parts;
    private final Scratch scratch = Scratch.own();

    Division(String column, List<PartDescriptor> parts) {
        this.column = ByteString.copyFromUtf8(column);
        this.parts = parts;
    }

    void add(Node root) {
        if (root instanceof Branch branch && isDivided(root)) {
            divide(branch, 0, 0);
        } else {
            parts.add(Subtree.describe(column, 0, 0, root.digest(), root.bytes()));
        }
    }

    private static boolean isDivided(Node node) {
        return node.bytes() > KeyValueState.PART_BYTES;
    }

    private void divide(Branch branch, int depth, long path) {
        int missing = branch.missing();
        for (int digit = 0; digit < Node.FAN_OUT; digit++) {
            boolean isMissing = (missing & 1 << digit) != 0;
            PartDescriptor known = branch.described(digit);
            Node child = branch.child(digit);
            if (known != null) {
                // Missing if the branch was copied from one that was just being divided.
                if (isMissing) {
                    branch.receive(known.digest(), digit);
                }
                parts.add(known);
            } else if (child != null) {
                long below = path | ((long) digit << (Long.SIZE - Node.DIGIT_BITS * (depth + 1)));
                if (child instanceof Branch divided && isDivided(child)) {
                    divideBelow(branch, digit, divided, isMissing, depth + 1, below);
                } else {
                    Digest digest = branch.childDigest(digit, isMissing, scratch);
                    PartDescriptor part = Subtree.describe(column, depth + 1, below, digest, child.bytes());
                    branch.describe(digit, part);
                    parts.add(part);
                }
            }
        }
        branch.complete(missing, scratch);
    }

    /** A child that is hashed in one sweep is hashed first, and a larger one piece by piece while it is divided. */
    private void divideBelow(Branch branch, int digit, Branch child, boolean isMissing, int depth, long path) {
        if (isMissing && Sweep.takes(child)) {
            child.hash(scratch);
        }
        divide(child, depth, path);
        if (isMissing) {
            branch.receive(child, digit, scratch);
        }
    }
}
