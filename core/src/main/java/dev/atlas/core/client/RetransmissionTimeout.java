package dev.atlas.core.client;

import dev.atlas.net.concurrent.Backoff;
import java.time.Duration;

/**
 * How long to wait for an answer before a bundle is sent again: the smoothed latency and four times its deviation (Jacobson and Karels, "Congestion Avoidance and
 * Control", 1992; RFC 6298, section 2), twice that since a {@link Backoff} may wait half as long, within the bounds of the policy. With a fixed timeout, a cluster that
 * has more to do than it can do in that time is sent everything several times, and does less.
 *
 * <p>Unlike in TCP, what was sent more than once counts too, from the first time: replicas answer a request whichever copy reached them, and under load there may be no
 * others. Not thread-safe.
 */
final class RetransmissionTimeout {

    private final Backoff.Policy bounds;
    private double smoothedNanos;
    private double deviationNanos;
    private boolean hasSample;

    RetransmissionTimeout(Backoff.Policy bounds) {
        this.bounds = bounds;
    }

    void answeredAfter(long nanos) {
        if (hasSample) {
            deviationNanos += (Math.abs(smoothedNanos - nanos) - deviationNanos) / 4;
            smoothedNanos += (nanos - smoothedNanos) / 8;
        } else {
            hasSample = true;
            smoothedNanos = nanos;
            deviationNanos = nanos / 2.0;
        }
    }

    /** For a bundle that is sent now. */
    Backoff.Policy policy() {
        Duration wait = Duration.ofNanos((long) (2 * (smoothedNanos + 4 * deviationNanos)));
        Duration atLeast = wait.compareTo(bounds.first()) < 0 ? bounds.first() : wait;
        return new Backoff.Policy(
                atLeast.compareTo(bounds.longest()) < 0 ? atLeast : bounds.longest(), bounds.longest());
    }
}
