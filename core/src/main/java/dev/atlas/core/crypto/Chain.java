package dev.atlas.core.crypto;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;

/** The hash chain over the log: chain(s) = H(chain(s-1) || s || batch digest), chain(0) = {@link Digest#ZERO}. */
public final class Chain {

    private Chain() {}

    public static Digest next(Digest previous, long sequence, Digest batch) {
        return new Hasher().update(previous).update(sequence).update(batch).digest();
    }
}
