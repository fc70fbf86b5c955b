package dev.atlas.core.statetransfer;

import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides which source is asked for which part of a state, a bounded number of parts ahead of what has been handed over.
 *
 * <p>All sources are asked in parallel. One that lets the patience pass is given one part at a time until it delivers again, and its part is asked for
 * elsewhere; one whose part is wrong is never asked again. Owned by one thread.
 */
public final class PartSchedule {

    private final Map<ReplicaId, Source> sources = new LinkedHashMap<>();
    private final int parts;
    private final Limits limits;
    private final IntPredicate local;

    /** Parts that are wanted, asked for or here, and not handed over yet. */
    private final TreeMap<Integer, Part> open = new TreeMap<>();

    private int next;
    private int opened;

    /** A part to ask for. */
    public record Ask(ReplicaId source, int index) {}

    /**
     * @param ahead parts that may be open at once: bounds memory; below sources times {@code perSource}, sources idle
     * @param perSource parts that one source may be asked for at once: 1 leaves it idle for a round trip after each
     * @param patience time for one part to come; too short makes honest sources look slow
     */
    public record Limits(int ahead, int perSource, Duration patience) {
        public Limits {
            if (ahead < 1 || perSource < 1 || patience.isNegative() || patience.isZero()) {
                throw new IllegalArgumentException("a schedule's limits are 1 or more and its patience is positive");
            }
        }
    }

    /**
     * @param parts how many the state has
     * @param local whether a part is at hand and need not be asked for
     */
    public PartSchedule(List<ReplicaId> sources, int parts, Limits limits, IntPredicate local) {
        sources.forEach(source -> this.sources.put(source, new Source()));
        this.parts = parts;
        this.limits = limits;
        this.local = local;
    }

    /** What is to be asked now. */
    public List<Ask> due(long nowNanos) {
        expire(nowNanos);
        while (opened < parts && opened < next + limits.ahead()) {
            open.put(opened, new Part(local.test(opened)));
            opened++;
        }
        List<Ask> asks = new ArrayList<>();
        open.forEach((index, part) -> {
            if (!part.here && part.asked == null) {
                pick(part, nowNanos).ifPresent(source -> {
                    part.asked = source;
                    sourceOf(source)
                            .outstanding
                            .put(index, nowNanos + limits.patience().toNanos());
                    asks.add(new Ask(source, index));
                });
            }
        });
        return asks;
    }

    /** Whether the answer was asked for and still is wanted; it counts once, and the part is not asked for elsewhere until it is {@link #refused}. */
    public boolean arrived(ReplicaId from, int index) {
        Source source = sources.get(from);
        if (source == null || source.excluded) {
            return false;
        }
        boolean inTime = source.outstanding.remove(index) != null;
        boolean late = source.late.remove(index);
        Part part = open.get(index);
        if (!(inTime || late) || part == null || part.here) {
            return false;
        }
        part.here = true;
        source.isSlow = false;
        return true;
    }

    /** The part was wrong: its source lies, and everything that it was asked for is wanted again. */
    public void refused(ReplicaId from, int index) {
        Part part = open.get(index);
        if (part != null) {
            part.here = false;
            part.asked = null;
        }
        Source source = sourceOf(from);
        source.excluded = true;
        takeBack(from, source);
    }

    /** The source does not have this state at the moment. */
    public void unavailable(ReplicaId from, long nowNanos) {
        Source source = sources.get(from);
        if (source != null) {
            source.notBefore = nowNanos + limits.patience().toNanos() / 2;
            source.isPaused = true;
            takeBack(from, source);
        }
    }

    /** The next part to hand over, if it is here. */
    public boolean isNextHere() {
        Part part = open.get(next);
        return part != null && part.here;
    }

    /** First part that has not been handed over; the number of parts when all have. */
    public int next() {
        return next;
    }

    public void handedOver() {
        open.remove(next);
        next++;
    }

    public boolean isComplete() {
        return next == parts;
    }

    /** Whether every source has been caught lying. */
    public boolean isExhausted() {
        return sources.values().stream().allMatch(source -> source.excluded);
    }

    private void expire(long nowNanos) {
        sources.forEach((id, source) -> {
            Set<Integer> overdue = new TreeSet<>();
            source.outstanding.forEach((index, deadline) -> {
                if (deadline - nowNanos <= 0) {
                    overdue.add(index);
                }
            });
            for (int index : overdue) {
                source.outstanding.remove(index);
                source.late.add(index);
                source.isSlow = true;
                wantAgain(id, index);
            }
            source.late.headSet(next).clear();
        });
    }

    private void takeBack(ReplicaId id, Source source) {
        source.outstanding.keySet().forEach(index -> wantAgain(id, index));
        source.outstanding.clear();
    }

    private void wantAgain(ReplicaId from, int index) {
        Part part = open.get(index);
        if (part != null && !part.here && from.equals(part.asked)) {
            part.asked = null;
            part.tried.add(from);
        }
    }

    /** The least busy source that has not been tried for this part; once all have been, any. */
    private Optional<ReplicaId> pick(Part part, long nowNanos) {
        List<ReplicaId> able = sources.entrySet().stream()
                .filter(entry -> !entry.getValue().excluded && !entry.getValue().isPaused(nowNanos))
                .map(Map.Entry::getKey)
                .toList();
        if (part.tried.containsAll(able)) {
            part.tried.clear();
        }
        return able.stream()
                .filter(id -> !part.tried.contains(id))
                .filter(id -> sourceOf(id).outstanding.size() < sourceOf(id).capacity(limits))
                .min(Comparator.comparingInt(id -> sourceOf(id).outstanding.size()));
    }

    private Source sourceOf(ReplicaId id) {
        Source source = sources.get(id);
        if (source == null) {
            throw new IllegalArgumentException(id + " is no source");
        }
        return source;
    }

    private static final class Part {
        private boolean here;
        private @Nullable ReplicaId asked;
        private final Set<ReplicaId> tried = new TreeSet<>();

        Part(boolean here) {
            this.here = here;
        }
    }

    private static final class Source {
        /** Deadlines of the parts that it is asked for. */
        private final TreeMap<Integer, Long> outstanding = new TreeMap<>();
        /** Parts that came too late so far; they are as good as any if they still come. */
        private final TreeSet<Integer> late = new TreeSet<>();

        private boolean isSlow;
        private boolean excluded;
        private boolean isPaused;
        private long notBefore;

        int capacity(Limits limits) {
            return isSlow ? 1 : limits.perSource();
        }

        boolean isPaused(long nowNanos) {
            isPaused = isPaused && notBefore - nowNanos > 0;
            return isPaused;
        }
    }
}
