package dev.atlas.core.types;

import java.util.function.Supplier;

/** Checks of our own invariants, always on: a broken one stops the replica. Never applied to what a peer or a client sent. */
public final class Invariants {

    private Invariants() {}

    /**
     * @throws IllegalStateException with the description if {@code holds} is false
     */
    public static void check(boolean holds, Supplier<String> description) {
        if (!holds) {
            throw new IllegalStateException("broken invariant: " + description.get());
        }
    }
}
