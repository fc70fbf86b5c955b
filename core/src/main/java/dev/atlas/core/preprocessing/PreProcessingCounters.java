package dev.atlas.core.preprocessing;

import java.util.concurrent.atomic.LongAdder;

/** What pre-processing has seen; thread-safe. */
public final class PreProcessingCounters {

    final LongAdder accepted = new LongAdder();
    final LongAdder malformed = new LongAdder();
    final LongAdder badSignatures = new LongAdder();
    final LongAdder overQuota = new LongAdder();
    final LongAdder overloaded = new LongAdder();
    final LongAdder repeated = new LongAdder();

    PreProcessingCounters() {}

    /** The counts so far. */
    public Snapshot snapshot() {
        return new Snapshot(
                accepted.sum(),
                malformed.sum(),
                badSignatures.sum(),
                overQuota.sum(),
                overloaded.sum(),
                repeated.sum());
    }

    /**
     * Bundles by what became of them.
     *
     * @param overQuota refused because their client has too much pending
     * @param overloaded refused because a worker's inbox was full
     * @param repeated received again
     */
    public record Snapshot(
            long accepted, long malformed, long badSignatures, long overQuota, long overloaded, long repeated) {}
}
