package dev.atlas.replica.transfer;

import dev.atlas.net.env.Clock;
import java.time.Duration;

/**
 * How much of its time a replica spends on serving states while it also orders requests: a share for each peer that fetches. A replica that was wiped gets its
 * state more slowly under load than without, and a faulty one that fetches for ever takes hardly more than that: only rests after turns that are long because
 * it does not read have a bound.
 *
 * <p>Time is that of the clock: on a machine whose cores are all busy serving takes longer, and so do the rests. Thread-safe.
 */
final class ServingPace {

    /** Nothing ordered for so long: there is nobody whom serving states could delay. */
    private static final long IDLE_NANOS = Duration.ofMillis(100).toNanos();

    /** A turn is long when the peer reads slowly; it is not to lose its patience with us for that. */
    private static final double LONGEST_REST_NANOS = Duration.ofMillis(500).toNanos();

    private final Clock clock;
    private final double restForWork;
    private volatile long lastOrdered;

    /** @param share of the time, above 0 and up to 1 */
    ServingPace(Clock clock, double share) {
        this.clock = clock;
        this.restForWork = (1 - share) / share;
        this.lastOrdered = clock.nanoTime() - IDLE_NANOS;
    }

    /** A batch with requests was ordered. */
    void ordered() {
        lastOrdered = clock.nanoTime();
    }

    /** How long to rest after work that began then and ends now. */
    Duration restAfter(long begunNanos) {
        long now = clock.nanoTime();
        return now - lastOrdered >= IDLE_NANOS
                ? Duration.ZERO
                : Duration.ofNanos((long) Math.min(restForWork * (now - begunNanos), LONGEST_REST_NANOS));
    }
}
