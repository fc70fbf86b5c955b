package dev.atlas.it.sim.network;

import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.Scheduler;
import java.time.Duration;
import java.util.ArrayDeque;

/** One direction between two hosts. What is sent while it is cut arrives after it is healed, as TCP retransmits it. */
final class Link {

    private final Scheduler scheduler;
    private final Randomness random;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private long latencyNanos;
    private long jitterNanos;
    private long bytesPerSecond = Long.MAX_VALUE;
    private long freeAtNanos;
    private boolean cut;

    Link(Scheduler scheduler, Randomness random) {
        this.scheduler = scheduler;
        this.random = random;
    }

    void quality(Duration latency, Duration jitter, long bandwidthBytesPerSecond) {
        latencyNanos = latency.toNanos();
        jitterNanos = jitter.toNanos();
        bytesPerSecond = bandwidthBytesPerSecond;
    }

    boolean isCut() {
        return cut;
    }

    void cut() {
        cut = true;
    }

    void heal() {
        cut = false;
        if (!held.isEmpty()) {
            scheduler.after(delay(), this::release);
        }
    }

    /** All at once and in order: a stream whose segments overtake each other is not TCP's. Until then, what comes later waits behind. */
    private void release() {
        while (!cut && !held.isEmpty()) {
            held.remove().run();
        }
    }

    /** When something sent now would arrive, not before {@code atLeast}, which keeps a stream in order. */
    long arrival(int bytes, long atLeast) {
        long now = scheduler.nowNanos();
        freeAtNanos = Math.max(freeAtNanos, now);
        if (bytesPerSecond != Long.MAX_VALUE) {
            freeAtNanos += bytes * 1_000_000_000L / bytesPerSecond;
        }
        return Math.max(atLeast, freeAtNanos + delay());
    }

    /** Delivers at the given time, or once healed if the link is cut then. */
    void deliver(long atNanos, Runnable delivery) {
        scheduler.after(atNanos - scheduler.nowNanos(), () -> {
            if (cut || !held.isEmpty()) {
                held.add(delivery);
            } else {
                delivery.run();
            }
        });
    }

    private long delay() {
        return latencyNanos + (jitterNanos == 0 ? 0 : random.below(jitterNanos + 1));
    }
}
