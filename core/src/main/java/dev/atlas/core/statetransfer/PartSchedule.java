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
import java.util.function.IntToLongFunction;
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
    private final IntToLongFunction bytes;
    private final Limits limits;
    private final IntPredicate local;

    /** Parts that are wanted, asked for or here, and not handed over yet. */
    private final TreeMap<Integer, Part> open = new TreeMap<>();

    /** Those of the open ones that nobody is being asked for. */
    private final TreeSet<Integer> wanted = new TreeSet<>();

    /** Of the open parts that are not local. */
    private long openBytes;

    private int next;
    private int opened;

    /** A part to ask for. */
    public record Ask(ReplicaId source, int index) {}

    /**
     * One part passes every bound in bytes when it is alone.
     *
     * @param ahead parts that may be open at once
     * @param aheadBytes the same in bytes: with {@code ahead}, bounds memory; below sources times {@code perSourceBytes}, sources idle
     * @param perSource parts that one source may be asked for at once: 1 leaves it idle for a round trip after each
     * @param perSourceBytes the same in bytes: below what it sends in a round trip, it idles; above what it sends in {@code patience}, it looks slow
     * @param patience time for one part to come; too short makes honest sources look slow
     */
    public record Limits(int ahead, long aheadBytes, int perSource, long perSourceBytes, Duration patience) {
        public Limits {
            if (ahead < 1
                    || aheadBytes < 1
                    || perSource < 1
                    || perSourceBytes < 1
                    || patience.isNegative()
                    || patience.isZero()) {
                throw new IllegalArgumentException("a schedule's limits are 1 or more and its patience is positive");
            }
        }
    }

    /**
     * @param parts how many the state has
     * @param bytes of each part, as the certified descriptor says
     * @param local whether a part is at hand and need not be asked for
     */
    public PartSchedule(
            List<ReplicaId> sources, int parts, IntToLongFunction bytes, Limits limits, IntPredicate local) {
        sources.forEach(source -> this.sources.put(source, new Source()));
        this.parts = parts;
        this.bytes = bytes;
        this.limits = limits;
        this.local = local;
    }

    /** What is to be asked now. */
    public List<Ask> due(long nowNanos) {
        expire(nowNanos);
        open();
        List<Ask> asks = new ArrayList<>();
        if (wanted.isEmpty()) {
            return asks;
        }
        Map<ReplicaId, Source> able = new LinkedHashMap<>();
        sources.forEach((id, source) -> {
            if (!source.excluded && !source.isPaused(nowNanos)) {
                able.put(id, source);
            }
        });
        for (int index : List.copyOf(wanted)) {
            if (able.values().stream().noneMatch(source -> source.hasRoom(limits))) {
                break;
            }
            pick(partOf(index), bytes.applyAsLong(index), able)
                    .ifPresent(source -> asks.add(ask(source, index, nowNanos)));
        }
        return asks;
    }

    private void open() {
        while (opened < parts && opened < next + limits.ahead()) {
            boolean here = local.test(opened);
            long size = here ? 0 : bytes.applyAsLong(opened);
            if (openBytes > 0 && openBytes + size > limits.aheadBytes()) {
                return;
            }
            openBytes += size;
            open.put(opened, new Part(here, size));
            if (!here) {
                wanted.add(opened);
            }
            opened++;
        }
    }

    private Ask ask(ReplicaId id, int index, long nowNanos) {
        partOf(index).asked = id;
        wanted.remove(index);
        Source source = sourceOf(id);
        source.outstanding.put(index, nowNanos + limits.patience().toNanos());
        source.outstandingBytes += bytes.applyAsLong(index);
        return new Ask(id, index);
    }

    /** Whether the answer was asked for and still is wanted; it counts once, and the part is not asked for elsewhere until it is {@link #refused}. */
    public boolean arrived(ReplicaId from, int index) {
        Source source = sources.get(from);
        if (source == null || source.excluded) {
            return false;
        }
        boolean inTime = remove(source, index);
        boolean late = source.late.remove(index);
        Part part = open.get(index);
        if (!(inTime || late) || part == null || part.here) {
            return false;
        }
        part.here = true;
        wanted.remove(index);
        source.isSlow = false;
        return true;
    }

    /** The part was wrong: its source lies, and everything that it was asked for is wanted again. */
    public void refused(ReplicaId from, int index) {
        Part part = open.get(index);
        if (part != null) {
            part.here = false;
            part.asked = null;
            wanted.add(index);
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
        Part part = open.remove(next);
        openBytes -= part == null ? 0 : part.size;
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
                remove(source, index);
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
        source.outstandingBytes = 0;
    }

    private boolean remove(Source source, int index) {
        boolean found = source.outstanding.remove(index) != null;
        source.outstandingBytes -= found ? bytes.applyAsLong(index) : 0;
        return found;
    }

    private void wantAgain(ReplicaId from, int index) {
        Part part = open.get(index);
        if (part != null && !part.here && from.equals(part.asked)) {
            part.asked = null;
            part.tried.add(from);
            wanted.add(index);
        }
    }

    /** The least busy source that has not been tried for this part; once all have been, any. */
    private Optional<ReplicaId> pick(Part part, long size, Map<ReplicaId, Source> able) {
        if (part.tried.containsAll(able.keySet())) {
            part.tried.clear();
        }
        return able.entrySet().stream()
                .filter(entry -> !part.tried.contains(entry.getKey()))
                .filter(entry -> entry.getValue().hasRoomFor(size, limits))
                .min(Comparator.comparingLong(entry -> entry.getValue().outstandingBytes))
                .map(Map.Entry::getKey);
    }

    private Part partOf(int index) {
        Part part = open.get(index);
        if (part == null) {
            throw new IllegalArgumentException("part " + index + " is not open");
        }
        return part;
    }

    private Source sourceOf(ReplicaId id) {
        Source source = sources.get(id);
        if (source == null) {
            throw new IllegalArgumentException(id + " is no source");
        }
        return source;
    }

    private static final class Part {
        private final long size;
        private boolean here;
        private @Nullable ReplicaId asked;
        private final Set<ReplicaId> tried = new TreeSet<>();

        Part(boolean here, long size) {
            this.here = here;
            this.size = size;
        }
    }

    private static final class Source {
        /** Deadlines of the parts that it is asked for. */
        private final TreeMap<Integer, Long> outstanding = new TreeMap<>();
        /** Parts that came too late so far; they are as good as any if they still come. */
        private final TreeSet<Integer> late = new TreeSet<>();

        private long outstandingBytes;
        private boolean isSlow;
        private boolean excluded;
        private boolean isPaused;
        private long notBefore;

        boolean hasRoom(Limits limits) {
            return hasRoomFor(1, limits);
        }

        boolean hasRoomFor(long size, Limits limits) {
            return outstanding.isEmpty()
                    || (!isSlow
                            && outstanding.size() < limits.perSource()
                            && outstandingBytes + size <= limits.perSourceBytes());
        }

        boolean isPaused(long nowNanos) {
            isPaused = isPaused && notBefore - nowNanos > 0;
            return isPaused;
        }
    }
}
