package dev.atlas.core.preprocessing;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bundles that wait to be ordered. Clients take turns, a bundle each, so that a flood from one leaves the others their share. Thread-safe.
 *
 * <p>Every replica keeps this queue, whoever leads: what is decided leaves it everywhere, and a new primary finds in it what the old one left.
 */
public final class Batcher {

    private final PreProcessingConfig config;
    private final PreProcessingListener listener;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}; each client's bundles in order of arrival, the client whose turn is next first. */
    private final SequencedMap<ClientId, SequencedMap<Digest, RequestBundle>> waiting = new LinkedHashMap<>();

    /**
     * What clients no longer wait for, until the log says so too: guarded by {@link #lock}. Each is acknowledged by a bundle of its client that waits or is
     * proposed, so what is given up is settled when that is decided.
     */
    private final GivenUp givenUp = new GivenUp();

    /** Handed out for a proposal and not decided yet: guarded by {@link #lock}, bounded by the pipeline. */
    private final Map<Digest, RequestBundle> proposed = new LinkedHashMap<>();

    Batcher(PreProcessingConfig config, PreProcessingListener listener) {
        this.config = config;
        this.listener = listener;
    }

    /**
     * The client keeps its turn even if it gives up all else that it has waiting: one that does so more often than its turn comes would never have one.
     *
     * @return what its client has given up, as in {@link #giveUpBefore}
     */
    List<RequestBundle> add(RequestBundle bundle) {
        List<RequestBundle> givenUpForIt;
        boolean first;
        lock.lock();
        try {
            first = waiting.isEmpty();
            queue(bundle);
            givenUpForIt = takeSuperseded(bundle);
        } finally {
            lock.unlock();
        }
        if (first) {
            listener.workWaiting();
        }
        return givenUpForIt;
    }

    /** The next batch, or empty if nothing waits. */
    Optional<Batch> next(long wallMillis) {
        lock.lock();
        try {
            List<Digest> chosen = new ArrayList<>();
            int requests = 0;
            long bytes = 0;
            while (!waiting.isEmpty()) {
                Map.Entry<ClientId, SequencedMap<Digest, RequestBundle>> turn = waiting.firstEntry();
                RequestBundle bundle = turn.getValue().firstEntry().getValue();
                boolean full = chosen.size() >= config.bundlesPerBatch()
                        || requests + bundle.requests().size() > config.requestsPerBatch()
                        || bytes + bundle.size() > config.bytesPerBatch();
                if (full && !chosen.isEmpty()) {
                    break;
                }
                chosen.add(bundle.digest());
                requests += bundle.requests().size();
                bytes += bundle.size();
                proposed.put(bundle.digest(), bundle);
                takeTurn(turn);
            }
            return chosen.isEmpty() ? Optional.empty() : Optional.of(Batches.of(wallMillis, chosen));
        } finally {
            lock.unlock();
        }
    }

    /** A proposal came to nothing: what of it is neither decided nor settled waits again. */
    void takeBack(Batch batch, Set<Digest> settled) {
        lock.lock();
        try {
            for (Digest digest : batch.bundles()) {
                RequestBundle bundle = proposed.remove(digest);
                if (bundle != null && !settled.contains(digest)) {
                    queue(bundle);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * A client's newer bundle may acknowledge older ones that wait: the client has given them up, or has been answered, and ordering them would execute
     * nothing. Not offered any longer: while clients give up faster than is ordered, nothing else would be, and no call would ever be answered.
     *
     * @return those
     */
    List<RequestBundle> giveUpBefore(RequestBundle newer) {
        lock.lock();
        try {
            return takeSuperseded(newer);
        } finally {
            lock.unlock();
        }
    }

    private List<RequestBundle> takeSuperseded(RequestBundle newer) {
        Map<SessionId, Long> acknowledged = acknowledged(newer);
        SequencedMap<Digest, RequestBundle> mine = waiting.get(newer.client());
        List<RequestBundle> found = new ArrayList<>();
        // The oldest are given up first: it need not be looked further than there is one to keep.
        while (mine != null
                && !mine.isEmpty()
                && !mine.firstEntry().getKey().equals(newer.digest())
                && isSuperseded(mine.firstEntry().getValue(), acknowledged)) {
            RequestBundle oldest = mine.pollFirstEntry().getValue();
            found.add(oldest);
            givenUp.add(oldest);
        }
        if (mine != null && mine.isEmpty()) {
            waiting.remove(newer.client());
        }
        return found;
    }

    /**
     * Whether what the older one asks for is acknowledged, and also all that it acknowledges: others may have been given up on its word, and only what
     * supersedes it will settle them. Else nobody would, and they would wait for ever, offered by nobody.
     */
    private static boolean isSuperseded(RequestBundle older, Map<SessionId, Long> acknowledged) {
        Optional<Acknowledgement> last = GivenUp.lastOf(older);
        return last.isPresent()
                && isCovered(last.get(), acknowledged)
                && older.acknowledgements().stream().allMatch(one -> isCovered(one, acknowledged));
    }

    private static boolean isCovered(Acknowledgement one, Map<SessionId, Long> acknowledged) {
        Long upTo = acknowledged.get(one.session());
        return upTo != null && one.upTo() <= upTo;
    }

    private static Map<SessionId, Long> acknowledged(RequestBundle bundle) {
        Map<SessionId, Long> acknowledged = new HashMap<>();
        bundle.acknowledgements().forEach(one -> acknowledged.merge(one.session(), one.upTo(), Math::max));
        return acknowledged;
    }

    /** The newer bundle is decided: what it acknowledges will never execute. */
    List<RequestBundle> takeGivenUpBefore(RequestBundle newer) {
        lock.lock();
        try {
            return givenUp.takeBefore(newer);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The newer bundle will not be ordered: the log will never say that what it acknowledges is dead, so that waits again.
     *
     * @return that
     */
    List<RequestBundle> takeUpBefore(RequestBundle newer) {
        List<RequestBundle> again;
        boolean first;
        lock.lock();
        try {
            first = waiting.isEmpty();
            again = givenUp.takeBefore(newer);
            again.forEach(this::queue);
        } finally {
            lock.unlock();
        }
        if (first && !again.isEmpty()) {
            listener.workWaiting();
        }
        return again;
    }

    void decided(List<RequestBundle> bundles) {
        lock.lock();
        try {
            for (RequestBundle bundle : bundles) {
                proposed.remove(bundle.digest());
                stopWaiting(bundle);
                givenUp.remove(bundle);
            }
        } finally {
            lock.unlock();
        }
    }

    private void stopWaiting(RequestBundle bundle) {
        SequencedMap<Digest, RequestBundle> mine = waiting.get(bundle.client());
        if (mine != null && mine.remove(bundle.digest()) != null && mine.isEmpty()) {
            waiting.remove(bundle.client());
        }
    }

    /** Bundles waiting. */
    public int size() {
        lock.lock();
        try {
            int size = 0;
            for (SequencedMap<Digest, RequestBundle> mine : waiting.values()) {
                size += mine.size();
            }
            return size;
        } finally {
            lock.unlock();
        }
    }

    private void queue(RequestBundle bundle) {
        waiting.computeIfAbsent(bundle.client(), client -> new LinkedHashMap<>())
                .putIfAbsent(bundle.digest(), bundle);
    }

    /** Removes the client's oldest bundle and sends the client to the end of the round. */
    private void takeTurn(Map.Entry<ClientId, SequencedMap<Digest, RequestBundle>> turn) {
        ClientId client = turn.getKey();
        SequencedMap<Digest, RequestBundle> mine = turn.getValue();
        Iterator<Digest> oldest = mine.keySet().iterator();
        oldest.next();
        oldest.remove();
        waiting.remove(client);
        if (!mine.isEmpty()) {
            waiting.put(client, mine);
        }
    }
}
