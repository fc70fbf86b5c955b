package dev.atlas.net.connection;

import dev.atlas.net.env.RandomSource;
import java.time.Duration;

/** Waits that double from a least to a most, each shortened by up to half at random so that many do not return at once. One owner. */
final class Backoff {

    private final RandomSource random;
    private final Duration min;
    private final Duration max;
    private Duration next;

    Backoff(RandomSource random, Duration min, Duration max) {
        this.random = random;
        this.min = min;
        this.max = max;
        this.next = min;
    }

    Duration next() {
        Duration full = next;
        Duration doubled = full.multipliedBy(2);
        next = doubled.compareTo(max) > 0 ? max : doubled;
        long half = full.toNanos() / 2;
        return Duration.ofNanos(half + random.nextLong(half + 1));
    }

    void reset() {
        next = min;
    }
}
