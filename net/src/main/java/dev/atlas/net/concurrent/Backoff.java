package dev.atlas.net.concurrent;

import dev.atlas.net.env.RandomSource;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Doubling delays with jitter: each lies between half the current step and the whole of it, so that peers that failed together do not retry
 * together. Not thread-safe.
 */
public final class Backoff {

    private final Policy policy;
    private final RandomSource random;
    private long stepNanos;

    public Backoff(Policy policy, RandomSource random) {
        this.policy = policy;
        this.random = random;
        this.stepNanos = nanos(policy.first());
    }

    /** The delay before the next attempt. */
    public Duration next() {
        long step = stepNanos;
        long longest = nanos(policy.longest());
        stepNanos = step > longest / 2 ? longest : step * 2;
        return Duration.ofNanos(step / 2 + random.nextLong(step / 2 + 1));
    }

    /** Begins again with the first delay, after a success. */
    public void reset() {
        stepNanos = nanos(policy.first());
    }

    /** Saturates: a delay beyond what nanoseconds can count is for ever anyway. */
    private static long nanos(Duration duration) {
        return TimeUnit.NANOSECONDS.convert(duration);
    }

    /**
     * Too short a first delay loads a peer that is down, too long a longest one delays recovery by as much.
     *
     * @param first above zero
     * @param longest not below {@code first}
     */
    public record Policy(Duration first, Duration longest) {
        public Policy {
            if (first.isNegative() || first.isZero() || longest.compareTo(first) < 0) {
                throw new IllegalArgumentException(
                        "a backoff needs 0 < first <= longest, not " + first + " and " + longest);
            }
        }
    }
}
