package dev.atlas.core.statetransfer;

import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides which source is asked for which part of a state, a bounded number of parts ahead of what has been handed over. What is
 * called a part here may be a {@link Span} of several.
 *
 * <p>All sources are asked in parallel. One that lets the patience pass is given one part at a time until it delivers again, and its part is asked for
 * elsewhere; one that everything had to wait for, in time or not, {@linkplain Rests rests} before it is asked again; one whose part is wrong is never asked again.
 * Owned by one thread.
 */
public final class PartSchedule {

    private final Map<ReplicaId, Source> sources = new LinkedHashMap<>();
    private final int parts;
    private final IntToLongFunction bytes;
    private final Limits limits;
    private final IntPredicate local;
    private final Rests rests;

    /** Parts that are wanted, asked for or here, and not handed over yet. */
    private final TreeMap<Integer, Part> open = new TreeMap<>();

    /** Those of the open ones that nobody is being asked for. */
    private final TreeSet<Integer> wanted = new TreeSet<>();

    /** Of the open parts that are not local. */
    private long openBytes;

    /** Whether anything is asked for, and if so, a time before which nothing of it is overdue. */
    private boolean isExpiring;

    private long nextExpiry;
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
     * @param sources all others; a third of them may be faulty
     * @param parts how many the state has
     * @param bytes of each part, as the certified descriptor says
     * @param local whether a part is at hand and need not be asked for
     */
    public PartSchedule(
            List<ReplicaId> sources, int parts, IntToLongFunction bytes, Limits limits, IntPredicate local) {
        sources.forEach(source -> this.sources.put(source, new Source(source)));
        this.parts = parts;
        this.bytes = bytes;
        this.limits = limits;
        this.local = local;
        this.rests = new Rests(sources.size() / 3);
    }

    /** What is to be asked now. */
    public List<Ask> due(long nowNanos) {
        expire(nowNanos);
        open();
        List<Ask> asks = new ArrayList<>();
        List<Source> able = able(nowNanos);
        for (Integer index = wanted.ceiling(0); index != null; index = wanted.higher(index)) {
            long size = bytes.applyAsLong(index);
            if (!isRoomFor(size, able)) {
                break; // as it is nearly always, with many parts wanted
            }
            Source source = pick(partOf(index), size, able);
            if (source != null) {
                asks.add(ask(source, index, nowNanos));
            }
        }
        noteWait(nowNanos);
        return asks;
    }

    /** Those at rest only when there is nobody else. */
    private List<Source> able(long nowNanos) {
        List<Source> able = new ArrayList<>(sources.size());
        List<Source> resting = new ArrayList<>();
        for (Source source : sources.values()) {
            if (!source.excluded && !source.isPaused(nowNanos)) {
                (rests.isResting(source.id, nowNanos) ? resting : able).add(source);
            }
        }
        return able.isEmpty() ? resting : able;
    }

    /** When there is nothing left to ask for, and no more than may be faulty have yet to answer, everything waits for who has the next part. */
    private void noteWait(long nowNanos) {
        Part part = open.get(next);
        if (part != null && !part.here && part.asked != null && wanted.isEmpty() && rests.mayAllBeFaulty(busy())) {
            rests.waitsFor(part.asked, next, nowNanos);
        } else {
            rests.waitsForNobody();
        }
    }

    private int busy() {
        int busy = 0;
        for (Source source : sources.values()) {
            busy += source.outstanding.isEmpty() ? 0 : 1;
        }
        return busy;
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

    private Ask ask(Source source, int index, long nowNanos) {
        partOf(index).asked = source.id;
        wanted.remove(index);
        long deadline = nowNanos + limits.patience().toNanos();
        source.outstanding.put(index, deadline);
        source.outstandingBytes += bytes.applyAsLong(index);
        if (!isExpiring || deadline - nextExpiry < 0) {
            isExpiring = true;
            nextExpiry = deadline;
        }
        return new Ask(source.id, index);
    }

    /** Whether the answer was asked for and still is wanted; it counts once, and the part is not asked for elsewhere until it is {@link #refused}. */
    public boolean arrived(ReplicaId from, int index, long nowNanos) {
        Source source = sources.get(from);
        if (source == null || source.excluded) {
            return false;
        }
        rests.waitedFor(from, index, nowNanos);
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
            rests.waitedFor(from, next, nowNanos);
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

    /** Handing over may have taken long: whoever everything waited for has not cost that time. */
    public void handedOver() {
        rests.waitsForNobody();
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

    /** Looks at each part that is asked for only when one can be overdue. */
    private void expire(long nowNanos) {
        if (!isExpiring || nextExpiry - nowNanos > 0) {
            return;
        }
        isExpiring = false;
        for (Source source : sources.values()) {
            Set<Integer> overdue = new TreeSet<>();
            source.outstanding.forEach((index, deadline) -> {
                if (deadline - nowNanos <= 0) {
                    overdue.add(index);
                } else if (!isExpiring || deadline - nextExpiry < 0) {
                    isExpiring = true;
                    nextExpiry = deadline;
                }
            });
            for (int index : overdue) {
                remove(source, index);
                source.late.add(index);
                source.isSlow = true;
                wantAgain(source.id, index);
            }
            if (!overdue.isEmpty()) {
                rests.waitedInVainFor(source.id, limits.patience(), nowNanos);
            }
            source.late.headSet(next).clear();
        }
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
    private @Nullable Source pick(Part part, long size, List<Source> able) {
        if (!part.tried.isEmpty() && able.stream().allMatch(source -> part.tried.contains(source.id))) {
            part.tried.clear();
        }
        Source best = null;
        for (Source source : able) {
            if (source.hasRoomFor(size, limits)
                    && !part.tried.contains(source.id)
                    && (best == null || source.outstandingBytes < best.outstandingBytes)) {
                best = source;
            }
        }
        return best;
    }

    private boolean isRoomFor(long size, List<Source> able) {
        for (Source source : able) {
            if (source.hasRoomFor(size, limits)) {
                return true;
            }
        }
        return false;
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
        private final ReplicaId id;
        /** Deadlines of the parts that it is asked for. */
        private final TreeMap<Integer, Long> outstanding = new TreeMap<>();
        /** Parts that came too late so far; they are as good as any if they still come. */
        private final TreeSet<Integer> late = new TreeSet<>();

        private long outstandingBytes;
        private boolean isSlow;
        private boolean excluded;
        private boolean isPaused;
        private long notBefore;

        Source(ReplicaId id) {
            this.id = id;
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
