package dev.atlas.exec.state;

import org.jspecify.annotations.Nullable;

/**
 * A right to change nodes in place, until the next snapshot: a node that carries another edit is shared and copied first.
 *
 * <p>Also carries the entry that the last change replaced, which would otherwise cost a second walk or an object for each change.
 */
final class Edit {

    byte @Nullable [] previous;

    /** In the digests of what is changed. */
    final DigestInterest interest;

    Edit(DigestInterest interest) {
        this.interest = interest;
    }

    /** For nodes by themselves. */
    Edit() {
        this(new DigestInterest());
    }

    /** Can be asked once: the nodes that an edit has made keep it alive, and are not to keep what was replaced with it. */
    byte @Nullable [] takePrevious() {
        byte @Nullable [] taken = previous;
        previous = null;
        return taken;
    }
}
