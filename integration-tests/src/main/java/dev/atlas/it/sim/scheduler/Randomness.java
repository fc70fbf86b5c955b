package dev.atlas.it.sim.scheduler;

/**
 * SplitMix64 (Steele, Lea and Flood, OOPSLA'14): small, fast, and the same on every JDK. Not thread-safe.
 *
 * <p>Independent streams are split off by name, so that one more draw in one place does not shift all others.
 */
public final class Randomness {

    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private final long seed;
    private long state;

    public Randomness(long seed) {
        this.seed = seed;
        this.state = mix(seed);
    }

    /** A stream of its own; the same name gives the same stream. */
    public Randomness split(String name) {
        long hash = 0;
        for (int index = 0; index < name.length(); index++) {
            hash = mix(hash + name.charAt(index));
        }
        return new Randomness(mix(seed + GAMMA) ^ hash);
    }

    public long nextLong() {
        state += GAMMA;
        return mix(state);
    }

    /** Uniform in {@code [0, bound)} up to a bias that nobody can see. */
    public long below(long bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("a bound is above 0, not " + bound);
        }
        return Math.unsignedMultiplyHigh(nextLong(), bound);
    }

    public int below(int bound) {
        return (int) below((long) bound);
    }

    /** Uniform in {@code [from, to]}. */
    public int between(int from, int to) {
        return from + below(to - from + 1);
    }

    public long between(long from, long to) {
        return from + below(to - from + 1);
    }

    public boolean chance(double probability) {
        return (nextLong() >>> 11) * 0x1.0p-53 < probability;
    }

    static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
