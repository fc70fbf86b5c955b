package dev.atlas.net.env;

/** Randomness of one node: cryptographically strong in production, seeded in a simulation. Thread-safe. */
public interface RandomSource {

    long nextLong();

    /** Uniform in {@code [0, bound)}; {@code bound} is positive. */
    long nextLong(long bound);

    void nextBytes(byte[] target);
}
