package dev.atlas.core.statetransfer;

import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which sources are not asked for a while, because everything had to wait for them.
 *
 * <p>Parts are handed over in order: once all others that may be open are here, a source sets the pace with a single part, be it that it never answers or always just
 * in time. For the time that this has cost it rests many times as long, so that it costs a small share of the whole, whatever it does. Only as many rest as may be
 * faulty, those whose rests end last: an honest source that has kept the others waiting for a moment never leaves them to the faulty. Owned by one thread.
 */
final class Rests {

    /** For each that may be faulty: together they cost about a tenth of the time. */
    private static final long TIMES = 10;

    private final int faults;

    /** At most as many as may be faulty. */
    private final Map<ReplicaId, Long> ends = new TreeMap<>();

    private @Nullable Wait wait;

    private record Wait(ReplicaId source, int index, long sinceNanos) {

        boolean isFor(ReplicaId source, int index) {
            return this.index == index && this.source.equals(source);
        }
    }

    /** @param faults how many sources may be faulty */
    Rests(int faults) {
        this.faults = faults;
    }

    boolean mayAllBeFaulty(int sources) {
        return sources <= faults;
    }

    boolean isResting(ReplicaId source, long nowNanos) {
        Long end = ends.get(source);
        return end != null && end - nowNanos > 0;
    }

    /** Everything waits for the source's answer to the question for this part. */
    void waitsFor(ReplicaId source, int index, long nowNanos) {
        if (wait == null || !wait.isFor(source, index)) {
            wait = new Wait(source, index, nowNanos);
        }
    }

    void waitsForNobody() {
        wait = null;
    }

    /** It has answered, be it that it has nothing. Rests add up: many short waits cost as much as a long one. */
    void waitedFor(ReplicaId source, int index, long nowNanos) {
        if (wait != null && wait.isFor(source, index)) {
            Long end = ends.get(source);
            long begin = end == null || end - nowNanos < 0 ? nowNanos : end;
            rest(source, begin + restFor(nowNanos - wait.sinceNanos()), nowNanos);
            wait = null;
        }
    }

    /** It has let the patience pass, for one part or for many at about the same time: that is one wait. */
    void waitedInVainFor(ReplicaId source, Duration patience, long nowNanos) {
        rest(source, nowNanos + restFor(patience.toNanos()), nowNanos);
    }

    private long restFor(long waitNanos) {
        return TIMES * faults * waitNanos;
    }

    private void rest(ReplicaId source, long endNanos, long nowNanos) {
        ends.put(source, endNanos);
        if (ends.size() > faults) {
            ends.entrySet().stream()
                    .min(Comparator.comparingLong(rest -> rest.getValue() - nowNanos))
                    .ifPresent(first -> ends.remove(first.getKey()));
        }
    }
}
