package dev.atlas.net.concurrent;

import dev.atlas.net.env.RandomSource;

/** Always the smallest or always the largest of what is possible. */
enum FixedRandom implements RandomSource {
    SMALLEST,
    LARGEST;

    @Override
    public long nextLong() {
        return this == SMALLEST ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    @Override
    public long nextLong(long bound) {
        return this == SMALLEST ? 0 : bound - 1;
    }

    @Override
    public void nextBytes(byte[] target) {
        throw new UnsupportedOperationException("a backoff needs numbers only");
    }
}
