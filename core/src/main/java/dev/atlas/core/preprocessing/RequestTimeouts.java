package dev.atlas.core.preprocessing;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How long the oldest bundle of each client has waited to be ordered. Thread-safe.
 *
 * <p>As the backup's timer of OSDI'99 (section 4.4), it runs for one request until that is ordered and then begins anew for the next: what waits behind others
 * of its client says nothing against the primary, or a mere queue would cost it its view. The wait begins anew in each view, and pauses while none is active.
 *
 * <p>A client has so many timed at once; what comes when its places are taken gets one when one of those is ordered, in order of arrival. Without, what it has
 * sent to backups only would reach no primary, and fill their room until they lead.
 *
 * <p>What members bring in a client's name waits apart from what it sends itself: they could fill its places with what it has sent before, and have the
 * primary order that bit by bit, in front of a request that would never time out.
 */
final class RequestTimeouts {

    private final int timedPerClient;
    private final long timeoutNanos;
    private final int weakQuorum;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like all fields below. */
    private final Map<Source, Queue> bySource = new HashMap<>();

    /** What has been the first of its queue for half the timeout. */
    private final Map<Digest, Doubt> doubts = new HashMap<>();

    private long view;
    private boolean active = true;
    private long viewEnteredNanos = Long.MIN_VALUE;

    /**
     * @param weakQuorum so many members that say so of a bundle are believed that it is decided
     */
    RequestTimeouts(PreProcessingConfig config, int weakQuorum) {
        this.weakQuorum = weakQuorum;
        this.timedPerClient = config.timedPerClient();
        this.timeoutNanos = config.requestTimeout().toNanos();
    }

    private record Source(ClientId client, boolean itself) {}

    /**
     * What a look at the clock found.
     *
     * @param late to be forwarded
     * @param doubtful those of them that are the first to time out
     * @param overdue by how much the longest wait has passed the timeout
     */
    record Due(long view, List<RequestBundle> late, List<Digest> doubtful, Optional<Duration> overdue) {}

    /** A bundle that nobody orders, and the members that say it is decided. */
    private record Doubt(RequestBundle bundle, Set<ReplicaId> decided) {}

    /**
     * @param itself whether its client has sent it, and not a member
     */
    void add(RequestBundle bundle, boolean itself, long nowNanos) {
        lock.lock();
        try {
            Queue mine = bySource.computeIfAbsent(new Source(bundle.client(), itself), source -> new Queue(nowNanos));
            if (mine.bundles.size() < timedPerClient) {
                mine.bundles.putIfAbsent(bundle.digest(), new Waiting(bundle, nowNanos));
            } else if (!mine.bundles.containsKey(bundle.digest())) {
                mine.untimed.putIfAbsent(bundle.digest(), bundle);
            }
        } finally {
            lock.unlock();
        }
    }

    void ordered(List<RequestBundle> bundles, long nowNanos) {
        lock.lock();
        try {
            for (RequestBundle bundle : bundles) {
                doubts.remove(bundle.digest());
                remove(bundle, new Source(bundle.client(), true), nowNanos);
                remove(bundle, new Source(bundle.client(), false), nowNanos);
            }
        } finally {
            lock.unlock();
        }
    }

    private void remove(RequestBundle bundle, Source source, long nowNanos) {
        Queue queue = bySource.get(source);
        if (queue != null && queue.remove(bundle.digest(), nowNanos) && queue.bundles.isEmpty()) {
            bySource.remove(source);
        }
    }

    /** They are late again at the next look. */
    void offerAgain(List<RequestBundle> bundles) {
        lock.lock();
        try {
            for (RequestBundle bundle : bundles) {
                for (boolean itself : new boolean[] {true, false}) {
                    Queue queue = bySource.get(new Source(bundle.client(), itself));
                    Waiting waiting = queue == null ? null : queue.bundles.get(bundle.digest());
                    if (waiting != null) {
                        waiting.late = false;
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * A member says that these are decided. Of what was not doubtful here that is ignored.
     *
     * @return those that have enough members' word for it now
     */
    List<RequestBundle> saidToBeDecided(ReplicaId member, List<Digest> bundles) {
        List<RequestBundle> believed = new ArrayList<>();
        lock.lock();
        try {
            for (Digest bundle : bundles) {
                Doubt doubt = doubts.get(bundle);
                if (doubt != null && doubt.decided.add(member) && doubt.decided.size() == weakQuorum) {
                    believed.add(doubt.bundle);
                }
            }
        } finally {
            lock.unlock();
        }
        return believed;
    }

    void enterView(long entered, long nowNanos) {
        lock.lock();
        try {
            view = entered;
            active = true;
            viewEnteredNanos = nowNanos;
            bySource.values().forEach(Queue::enterView);
        } finally {
            lock.unlock();
        }
    }

    void leaveView() {
        lock.lock();
        try {
            active = false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Each bundle is late once in a view, unless it is offered again, and once more as the oldest of its queue, since whoever leads may not have had room for it. None
     * is while those before it in its queue are ordered one after the other: whoever leads most likely has it too then, and is busy. Only the oldest of a client's own,
     * and of those that members have brought, can time out.
     */
    Due look(long nowNanos) {
        lock.lock();
        try {
            Map<Digest, RequestBundle> late = Map.of();
            List<Digest> doubtful = List.of();
            long longestNanos = 0;
            if (active) {
                for (Queue mine : bySource.values()) {
                    longestNanos = Math.max(longestNanos, nowNanos - Math.max(mine.oldestSinceNanos, viewEnteredNanos));
                }
                List<Queue> byDeadline = bySource.values().stream()
                        .sorted(Comparator.comparingLong(queue -> queue.oldestSinceNanos))
                        .toList();
                doubtful = doubtful(byDeadline, nowNanos);
                late = late(byDeadline, nowNanos);
            }
            Optional<Duration> overdue = longestNanos < timeoutNanos
                    ? Optional.empty()
                    : Optional.of(Duration.ofNanos(longestNanos - timeoutNanos));
            return new Due(view, List.copyOf(late.values()), doubtful, overdue);
        } finally {
            lock.unlock();
        }
    }

    private List<Digest> doubtful(List<Queue> byDeadline, long nowNanos) {
        List<Digest> doubtful = new ArrayList<>();
        for (Queue queue : byDeadline) {
            if (!queue.isDoubtful && isHalfOver(queue.oldestSinceNanos, nowNanos)) {
                queue.isDoubtful = true;
                Waiting oldest = queue.bundles.firstEntry().getValue();
                oldest.late = false;
                doubts.computeIfAbsent(oldest.bundle.digest(), unknown -> new Doubt(oldest.bundle, new HashSet<>()));
                doubtful.add(oldest.bundle.digest());
            }
        }
        return doubtful;
    }

    private boolean isHalfOver(long sinceNanos, long nowNanos) {
        return nowNanos - Math.max(sinceNanos, viewEnteredNanos) >= timeoutNanos / 2;
    }

    /**
     * The oldest of each queue first, and of those what will time out first: there may not be room to forward all at once, and who has much that waits would
     * else have what others wait for time out behind it.
     */
    private Map<Digest, RequestBundle> late(List<Queue> byDeadline, long nowNanos) {
        Map<Digest, RequestBundle> late = new LinkedHashMap<>();
        List<Queue> stuck =
                byDeadline.stream().filter(queue -> queue.isDoubtful).toList();
        stuck.forEach(queue -> addIfLate(queue.bundles.firstEntry().getValue(), nowNanos, late));
        stuck.forEach(queue -> queue.bundles.values().forEach(waiting -> addIfLate(waiting, nowNanos, late)));
        return late;
    }

    private void addIfLate(Waiting waiting, long nowNanos, Map<Digest, RequestBundle> late) {
        if (!waiting.late && isHalfOver(waiting.sinceNanos, nowNanos)) {
            waiting.late = true;
            late.put(waiting.bundle.digest(), waiting.bundle);
        }
    }

    /** A client's timed bundles in order of arrival; never empty. */
    private static final class Queue {
        private final LinkedHashMap<Digest, Waiting> bundles = new LinkedHashMap<>();
        /** In order of arrival, for whom there is no place yet; no more than wait to be ordered. Empty while there are places. */
        private final LinkedHashMap<Digest, RequestBundle> untimed = new LinkedHashMap<>();
        /** Since when the first of them has been the first. */
        private long oldestSinceNanos;
        /** Whether the first has been the first for half the timeout, in this view. */
        private boolean isDoubtful;

        Queue(long nowNanos) {
            this.oldestSinceNanos = nowNanos;
        }

        boolean remove(Digest digest, long nowNanos) {
            boolean oldest = !bundles.isEmpty() && bundles.firstEntry().getKey().equals(digest);
            if (oldest) {
                oldestSinceNanos = nowNanos;
                isDoubtful = false;
            }
            boolean timed = bundles.remove(digest) != null;
            if (timed) {
                timeNext(nowNanos);
            } else {
                untimed.remove(digest);
            }
            return timed;
        }

        void enterView() {
            isDoubtful = false;
            bundles.values().forEach(waiting -> waiting.late = false);
        }

        private void timeNext(long nowNanos) {
            Map.Entry<Digest, RequestBundle> next = untimed.pollFirstEntry();
            if (next != null) {
                bundles.put(next.getKey(), new Waiting(next.getValue(), nowNanos));
            }
        }
    }

    private static final class Waiting {
        private final RequestBundle bundle;
        private final long sinceNanos;
        private boolean late;

        Waiting(RequestBundle bundle, long sinceNanos) {
            this.bundle = bundle;
            this.sinceNanos = sinceNanos;
        }
    }
}
