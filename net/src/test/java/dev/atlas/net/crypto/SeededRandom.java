package dev.atlas.net.crypto;

import dev.atlas.net.env.RandomSource;
import java.util.Random;

/** Repeats itself. */
final class SeededRandom implements RandomSource {

    private final Random random;

    SeededRandom(long seed) {
        random = new Random(seed);
    }

    @Override
    public long nextLong() {
        return random.nextLong();
    }

    @Override
    public long nextLong(long bound) {
        return random.nextLong(bound);
    }

    @Override
    public void nextBytes(byte[] target) {
        random.nextBytes(target);
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
