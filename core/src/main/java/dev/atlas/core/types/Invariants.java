package dev.atlas.core.types;

/** Checks of our own invariants, always on: a broken one stops the replica. Never applied to what a peer or a client sent. */
public final class Invariants {

    private Invariants() {}

    /**
     * @throws IllegalStateException with the formatted message if {@code holds} is false
     */
    public static void check(boolean holds, String format, Object... arguments) {
        if (!holds) {
            throw new IllegalStateException("broken invariant: " + String.format(format, arguments));
        }
    }
}
