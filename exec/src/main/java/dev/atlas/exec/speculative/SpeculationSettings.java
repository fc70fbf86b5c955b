package dev.atlas.exec.speculative;

/**
 * How operations run in parallel.
 *
 * @param threads at work at once, the executor's own among them: at least 1, which is sequential; more than the environment's pool has are no gain
 */
public record SpeculationSettings(int threads, Policy policy) {

    /** When a block is executed in parallel. */
    public enum Policy {
        /** When measurements of this run say that it is faster. */
        ADAPTIVE,
        /** Always: for tests and simulations, where time means nothing. */
        ALWAYS
    }

    public SpeculationSettings {
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("speculation takes 1 to 1024 threads, not " + threads);
        }
    }

    public static SpeculationSettings adaptive(int threads) {
        return new SpeculationSettings(threads, Policy.ADAPTIVE);
    }

    public static SpeculationSettings always(int threads) {
        return new SpeculationSettings(threads, Policy.ALWAYS);
    }
}
