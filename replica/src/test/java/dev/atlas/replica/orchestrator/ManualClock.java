package dev.atlas.replica.orchestrator;

import dev.atlas.net.env.Clock;
import java.time.Duration;

/** Goes on when it is told to, and passes the largest number soon, as a real one may. */
final class ManualClock implements Clock {

    private long nanos = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();

    void advance(Duration time) {
        nanos += time.toNanos();
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public long wallMillis() {
        throw new UnsupportedOperationException();
    }
}
