package dev.atlas.core.preprocessing;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.Digest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Bodies by digest. A body stays while it waits to be ordered or while a retained batch names it. Thread-safe.
 *
 * <p>What batches miss is indexed by body, so that an arriving body touches only the batches that wait for it. What waits is bounded by
 * {@link PendingAccounts}, what batches name by the protocol's window and retention, and in bytes by whoever looks at {@link #retainedBytes} before it proposes more.
 */
public final class BodyStore {

    /**
     * Most bytes of bodies, on the wire, that a batch may have to be voted for; equal on all replicas. No correct primary comes near, and one that is faulty would
     * have all others write what it likes, for the few bytes of the digests. Once more of one is here, no more is taken for it. What is decided is not judged again.
     */
    public static final long MOST_BYTES_PER_BATCH = 64L << 20;

    /** What a batch that names a body takes for that: the name, and that the body is missing. */
    private static final long BYTES_PER_NAME = 384;

    private final PreProcessingListener listener;
    private final long mostRetainedBytes;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like all fields below. */
    private final Map<Digest, Body> bodies = new HashMap<>();

    private final Map<Digest, Awaited> awaited = new HashMap<>();
    private final Map<Digest, Set<Digest>> batchesByMissing = new HashMap<>();
    private final PendingAccounts accounts;

    /** Written under the lock. */
    private volatile long retainedBytes;

    /**
     * @param mostRetainedBytes beyond which nothing more is taken, or voted for, that others propose: {@link #isFull}
     */
    BodyStore(PreProcessingConfig config, long mostRetainedBytes, PreProcessingListener listener) {
        this.accounts = new PendingAccounts(config);
        this.mostRetainedBytes = mostRetainedBytes;
        this.listener = listener;
    }

    /** What became of a body. */
    enum Added {
        NEW,
        /** Here already, or only wanted by a batch that was waiting for it. */
        KNOWN,
        OVER_QUOTA,
        CLIENTS_FULL,
        PEER_FULL
    }

    /** What {@link #addVerified} would say now; spares the signature check of what would be refused. */
    Added wouldAdd(RequestBundle bundle, Origin origin) {
        lock.lock();
        try {
            return judge(bundle, origin);
        } finally {
            lock.unlock();
        }
    }

    private Added judge(RequestBundle bundle, Origin origin) {
        Body known = bodies.get(bundle.digest());
        if (known != null && known.verified) {
            return Added.KNOWN;
        }
        if (known != null || isWanted(bundle.digest())) {
            return Added.NEW;
        }
        return ask(bundle, origin);
    }

    private Added ask(RequestBundle bundle, Origin origin) {
        return switch (accounts.ask(origin, bundle)) {
            case ROOM -> Added.NEW;
            case OVER_QUOTA -> Added.OVER_QUOTA;
            case CLIENTS_FULL -> Added.CLIENTS_FULL;
            case PEER_FULL -> Added.PEER_FULL;
        };
    }

    /**
     * What is here because batches name it, and does not wait to be ordered, waits from now on: it was named in vain before a restart, or its decision is forgotten
     * and its client still asks. Ordered twice, it is executed once.
     */
    Added orderAgain(RequestBundle bundle, Origin origin) {
        lock.lock();
        try {
            Body body = bodies.get(bundle.digest());
            if (body == null || body.pending) {
                return Added.KNOWN;
            }
            Added asked = ask(bundle, origin);
            if (asked == Added.NEW) {
                body.pending = true;
                body.account = origin;
                accounts.add(origin, bundle);
            }
            return asked;
        } finally {
            lock.unlock();
        }
    }

    /** Adds a body whose signature is good; it waits to be ordered until {@link #ordered}. */
    Added addVerified(RequestBundle bundle, Origin origin) {
        List<Complete> complete;
        Added result;
        lock.lock();
        try {
            result = judge(bundle, origin);
            if (result != Added.NEW) {
                return result;
            }
            Body known = bodies.get(bundle.digest());
            Body body = known == null ? new Body(bundle) : known;
            body.verified = true;
            if (known == null) {
                body.pending = true;
                body.account = isWanted(bundle.digest()) ? new Origin.Needed() : origin;
                accounts.add(body.account, bundle);
                pinForWaiting(body);
                bodies.put(bundle.digest(), body);
            }
            complete = arrived(bundle.digest());
            result = known == null ? Added.NEW : Added.KNOWN;
        } finally {
            lock.unlock();
        }
        report(complete);
        return result;
    }

    /** Adds a body by its digest alone, if a decided batch waits for it: what was decided is not judged again. */
    void addUnverified(RequestBundle bundle) {
        List<Complete> complete = List.of();
        lock.lock();
        try {
            boolean decided = waitingFor(bundle.digest()).anyMatch(entry -> !entry.verified);
            if (decided && !bodies.containsKey(bundle.digest())) {
                Body body = new Body(bundle);
                pinForWaiting(body);
                bodies.put(bundle.digest(), body);
                complete = arrived(bundle.digest());
            }
        } finally {
            lock.unlock();
        }
        report(complete);
    }

    /** Whether a batch in use lacks this body, and it would be taken for it. */
    boolean isAwaited(Digest bundle) {
        lock.lock();
        try {
            return isWanted(bundle);
        } finally {
            lock.unlock();
        }
    }

    /** Everything that waits to be ordered. */
    List<RequestBundle> pending() {
        lock.lock();
        try {
            return bodies.values().stream()
                    .filter(body -> body.pending)
                    .map(body -> body.bundle)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the body is here and still is to be ordered. */
    boolean isPending(Digest bundle) {
        lock.lock();
        try {
            Body body = bodies.get(bundle);
            return body != null && body.pending;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Keeps the batch's bodies until {@link #release} and reports when all are here, at once if they are.
     *
     * @param naming is reported too: a report that comes after a release and another wait is seen to be an old one
     */
    public void await(Batch batch, boolean verified, long naming) {
        boolean complete;
        lock.lock();
        try {
            Awaited entry = awaited.get(batch.digest());
            if (entry == null) {
                entry = add(batch);
                pin(batch);
            }
            entry.verified = verified;
            entry.naming = naming;
            for (Digest missing : entry.missing) {
                stopWaiting(missing, batch.digest());
            }
            entry.missing.clear();
            entry.forgetHeld();
            for (Digest bundle : new LinkedHashSet<>(batch.bundles())) {
                Body body = bodies.get(bundle);
                if (body != null) {
                    entry.holds(body.bundle);
                }
                if (body == null || (verified && !body.verified)) {
                    entry.missing.add(bundle);
                    batchesByMissing
                            .computeIfAbsent(bundle, unknown -> new LinkedHashSet<>())
                            .add(batch.digest());
                }
            }
            complete = isComplete(entry);
        } finally {
            lock.unlock();
        }
        if (complete) {
            listener.bodiesHeld(batch.digest(), verified, naming);
        }
    }

    /** Keeps, until {@link #release}, the bodies of a batch that a restarted replica has read from its disk. */
    void restore(Batch batch, List<RequestBundle> bundles, boolean verified) {
        lock.lock();
        try {
            Awaited entry = awaited.get(batch.digest());
            if (entry == null) {
                entry = add(batch);
                for (RequestBundle bundle : new LinkedHashSet<>(bundles)) {
                    pin(bodies.computeIfAbsent(bundle.digest(), unknown -> new Body(bundle)), 1);
                }
            }
            for (RequestBundle bundle : bundles) {
                Body body = bodies.get(bundle.digest());
                if (body != null) {
                    body.verified |= verified;
                }
            }
            entry.verified |= verified;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Keeps the bodies of a batch that is about to be proposed until {@link #release}, unless some are not here: they were settled since
     * they were chosen, on another thread.
     *
     * @return those that are not here; the batch is kept only if there are none
     */
    Set<Digest> keep(Batch batch) {
        lock.lock();
        try {
            Set<Digest> absent = new LinkedHashSet<>(batch.bundles());
            absent.removeAll(bodies.keySet());
            if (absent.isEmpty() && !awaited.containsKey(batch.digest())) {
                add(batch).verified = true;
                pin(batch);
            }
            return absent;
        } finally {
            lock.unlock();
        }
    }

    private Awaited add(Batch batch) {
        Awaited entry = new Awaited(batch);
        awaited.put(batch.digest(), entry);
        retain(namesOf(batch));
        return entry;
    }

    private static long namesOf(Batch batch) {
        return BYTES_PER_NAME * batch.bundles().size();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    private void retain(long bytes) {
        retainedBytes += bytes;
    }

    private void pin(Batch batch) {
        for (Digest bundle : new LinkedHashSet<>(batch.bundles())) {
            Body body = bodies.get(bundle);
            if (body != null) {
                pin(body, 1);
            }
        }
    }

    private void pin(Body body, int batches) {
        boolean before = body.pins > 0;
        body.pins += batches;
        boolean after = body.pins > 0;
        if (before != after) {
            long bytes = body.bundle.footprint();
            retain(after ? bytes : -bytes);
        }
    }

    /** What batches in use hold, bodies and names, in bytes of memory. */
    public long retainedBytes() {
        return retainedBytes;
    }

    /**
     * Whether batches in use hold so much that no other is to be named, and none completed or filled that is only proposed: a faulty primary, with a client that
     * helps it, could have the others hold 64 MiB for each slot of a window. A correct one has stopped long before. What is decided, or fixed by a NEW-VIEW, is
     * taken all the same: correct replicas had room for it.
     */
    public boolean isFull() {
        return retainedBytes > mostRetainedBytes;
    }

    /** What an awaited batch still lacks; nothing of one that nothing more is taken for, until it is decided. */
    public List<Digest> missing(Digest batch) {
        lock.lock();
        try {
            Awaited entry = awaited.get(batch);
            return entry == null || isClosed(entry) ? List.of() : List.copyOf(entry.missing);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The bodies of a batch, in its order.
     *
     * @throws IllegalStateException if one is not here
     */
    public List<RequestBundle> bundles(Batch batch) {
        lock.lock();
        try {
            List<RequestBundle> found = new ArrayList<>(batch.bundles().size());
            for (Digest digest : batch.bundles()) {
                Body body = bodies.get(digest);
                if (body == null) {
                    throw new IllegalStateException("body " + digest.shortHex() + " of a batch in use is not here");
                }
                found.add(body.bundle);
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Those of the bodies that are here, to be sent to a peer. */
    public List<RequestBundle> find(List<Digest> digests) {
        lock.lock();
        try {
            return digests.stream()
                    .flatMap(digest -> Optional.ofNullable(bodies.get(digest)).stream())
                    .map(body -> body.bundle)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /**
     * No retained slot names the batch any more. What came for it alone and still is to be ordered is on its client's account from now on.
     *
     * @return those for which there is no room there: they are gone
     */
    List<RequestBundle> release(Digest batch) {
        List<RequestBundle> homeless = new ArrayList<>();
        lock.lock();
        try {
            Awaited entry = awaited.remove(batch);
            if (entry == null) {
                return homeless;
            }
            retain(-namesOf(entry.batch));
            for (Digest missing : entry.missing) {
                stopWaiting(missing, batch);
            }
            for (Digest bundle : new LinkedHashSet<>(entry.batch.bundles())) {
                Body body = bodies.get(bundle);
                if (body != null) {
                    pin(body, -1);
                    if (!hasAccount(body)) {
                        body.pending = false;
                        homeless.add(body.bundle);
                    }
                    removeIfUnused(body);
                }
            }
        } finally {
            lock.unlock();
        }
        return homeless;
    }

    /** Where it waits to be ordered though no batch needs it any more: if not, a faulty primary could have ever more wait, view by view, on nobody's account. */
    private boolean hasAccount(Body body) {
        if (body.pins > 0 || !body.pending || !body.account.equals(new Origin.Needed())) {
            return true;
        }
        Origin client = new Origin.OfClient(body.bundle.client());
        boolean hasRoom = ask(body.bundle, client) == Added.NEW;
        if (hasRoom) {
            body.account = client;
            accounts.add(client, body.bundle);
        }
        return hasRoom;
    }

    /** The bundles are ordered: they are on nobody's account any longer. */
    void ordered(List<RequestBundle> bundles) {
        lock.lock();
        try {
            for (RequestBundle bundle : bundles) {
                Body body = bodies.get(bundle.digest());
                if (body != null && body.pending) {
                    body.pending = false;
                    accounts.remove(body.account, bundle);
                    removeIfUnused(body);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private List<Complete> arrived(Digest bundle) {
        Set<Digest> waiting = batchesByMissing.get(bundle);
        Body body = bodies.get(bundle);
        if (waiting == null || body == null) {
            return List.of();
        }
        List<Complete> complete = new ArrayList<>();
        for (Digest batch : List.copyOf(waiting)) {
            Awaited entry = awaited.get(batch);
            if (entry != null && (body.verified || !entry.verified)) {
                entry.missing.remove(bundle);
                stopWaiting(bundle, batch);
                if (isComplete(entry)) {
                    complete.add(new Complete(batch, entry.verified, entry.naming));
                }
            }
        }
        return complete;
    }

    private boolean isComplete(Awaited entry) {
        return entry.missing.isEmpty() && !isClosed(entry);
    }

    private void report(List<Complete> complete) {
        complete.forEach(batch -> listener.bodiesHeld(batch.digest(), batch.verified(), batch.naming()));
    }

    /** Whether a body is to be taken whoever has brought it: a batch waits for it that is decided, or may still be voted for. */
    private boolean isWanted(Digest bundle) {
        return waitingFor(bundle).anyMatch(entry -> !isClosed(entry));
    }

    /**
     * Whether nothing more is taken for a batch that is only proposed: what is here of it is more than it may have to be voted for, or what others hold leaves it no
     * room. One that finds room is taken as a whole, or parts of several could fill it and none be complete.
     */
    private boolean isClosed(Awaited entry) {
        return entry.verified
                && (entry.heldBytes > MOST_BYTES_PER_BATCH || retainedBytes - entry.footprint > mostRetainedBytes);
    }

    /** Awaited batches could not pin a body that has only now arrived. */
    private void pinForWaiting(Body body) {
        waitingFor(body.bundle.digest()).forEach(entry -> {
            pin(body, 1);
            entry.holds(body.bundle);
        });
    }

    private Stream<Awaited> waitingFor(Digest bundle) {
        return batchesByMissing.getOrDefault(bundle, Set.of()).stream()
                .flatMap(batch -> Optional.ofNullable(awaited.get(batch)).stream());
    }

    private void stopWaiting(Digest bundle, Digest batch) {
        Set<Digest> waiting = batchesByMissing.get(bundle);
        if (waiting != null && waiting.remove(batch) && waiting.isEmpty()) {
            batchesByMissing.remove(bundle);
        }
    }

    private void removeIfUnused(Body body) {
        if (body.pins <= 0 && !body.pending) {
            bodies.remove(body.bundle.digest());
        }
    }

    private static final class Body {
        private final RequestBundle bundle;
        private boolean verified;
        private boolean pending;
        private Origin account = new Origin.Needed();
        private int pins;

        Body(RequestBundle bundle) {
            this.bundle = bundle;
        }
    }

    /** What is reported of an awaited batch; taken under the lock, since the next wait may begin before it is reported. */
    private record Complete(Digest digest, boolean verified, long naming) {}

    private static final class Awaited {
        private final Batch batch;
        private final Set<Digest> missing = new LinkedHashSet<>();
        /** Of its bodies that are here, each once, on the wire; kept while some are missing. */
        private long heldBytes;

        /** The same in memory, with the names of all. */
        private long footprint;

        private boolean verified;
        private long naming;

        Awaited(Batch batch) {
            this.batch = batch;
            forgetHeld();
        }

        void forgetHeld() {
            heldBytes = 0;
            footprint = namesOf(batch);
        }

        void holds(RequestBundle body) {
            heldBytes += body.size();
            footprint += body.footprint();
        }
    }
}
