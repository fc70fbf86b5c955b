package dev.atlas.core.preprocessing;

import java.util.concurrent.atomic.LongAdder;

/** What pre-processing has seen; thread-safe. */
public final class PreProcessingCounters {

    final LongAdder accepted = new LongAdder();
    final LongAdder malformed = new LongAdder();
    final LongAdder badSignatures = new LongAdder();
    final LongAdder notOwn = new LongAdder();
    final LongAdder overQuota = new LongAdder();
    final LongAdder forwardedInVain = new LongAdder();
    final LongAdder overloaded = new LongAdder();
    final LongAdder repeated = new LongAdder();
    final LongAdder givenUp = new LongAdder();
    final LongAdder decidedBefore = new LongAdder();

    PreProcessingCounters() {}

    /** The counts so far. */
    public Snapshot snapshot() {
        return new Snapshot(
                accepted.sum(),
                malformed.sum(),
                badSignatures.sum(),
                notOwn.sum(),
                overQuota.sum(),
                forwardedInVain.sum(),
                overloaded.sum(),
                repeated.sum(),
                givenUp.sum(),
                decidedBefore.sum());
    }

    /**
     * Bundles by what became of them.
     *
     * @param notOwn sent by a client that did not sign them
     * @param overQuota refused because their client has too much pending
     * @param forwardedInVain refused because the member that forwarded them has too much pending
     * @param overloaded refused because an inbox or the room for all clients was full
     * @param repeated received again
     * @param givenUp no longer proposed, since their client has acknowledged all that is in them
     * @param decidedBefore not ordered, since f + 1 members say that they are decided already
     */
    public record Snapshot(
            long accepted,
            long malformed,
            long badSignatures,
            long notOwn,
            long overQuota,
            long forwardedInVain,
            long overloaded,
            long repeated,
            long givenUp,
            long decidedBefore) {}
}
