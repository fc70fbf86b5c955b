package dev.atlas.core.preprocessing;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How long the oldest bundles of each client have waited to be ordered (OSDI'99, section 4.4: a backup's timer for a request it has received). Thread-safe.
 *
 * <p>The wait begins anew in each view, and pauses while none is active.
 */
final class RequestTimeouts {

    private final int timedPerClient;
    private final long timeoutNanos;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like all fields below. */
    private final Map<ClientId, LinkedHashMap<Digest, Waiting>> byClient = new HashMap<>();

    private long view;
    private boolean active = true;
    private long viewEnteredNanos = Long.MIN_VALUE;

    RequestTimeouts(PreProcessingConfig config) {
        this.timedPerClient = config.timedPerClient();
        this.timeoutNanos = config.requestTimeout().toNanos();
    }

    /** What a look at the clock found. */
    record Due(long view, List<RequestBundle> late, boolean timedOut) {}

    void add(RequestBundle bundle, long nowNanos) {
        lock.lock();
        try {
            LinkedHashMap<Digest, Waiting> mine =
                    byClient.computeIfAbsent(bundle.client(), client -> new LinkedHashMap<>());
            if (mine.size() < timedPerClient) {
                mine.putIfAbsent(bundle.digest(), new Waiting(bundle, nowNanos));
            }
        } finally {
            lock.unlock();
        }
    }

    void ordered(List<RequestBundle> bundles) {
        lock.lock();
        try {
            for (RequestBundle bundle : bundles) {
                LinkedHashMap<Digest, Waiting> mine = byClient.get(bundle.client());
                if (mine != null && mine.remove(bundle.digest()) != null && mine.isEmpty()) {
                    byClient.remove(bundle.client());
                }
            }
        } finally {
            lock.unlock();
        }
    }

    void enterView(long entered, long nowNanos) {
        lock.lock();
        try {
            view = entered;
            active = true;
            viewEnteredNanos = nowNanos;
            byClient.values().forEach(mine -> mine.values().forEach(waiting -> waiting.late = false));
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

    /** Each bundle is late once in a view. */
    Due look(long nowNanos) {
        lock.lock();
        try {
            List<RequestBundle> late = new ArrayList<>();
            boolean timedOut = false;
            if (active) {
                for (LinkedHashMap<Digest, Waiting> mine : byClient.values()) {
                    for (Waiting waiting : mine.values()) {
                        long waited = nowNanos - Math.max(waiting.sinceNanos, viewEnteredNanos);
                        timedOut |= waited >= timeoutNanos;
                        if (!waiting.late && waited >= timeoutNanos / 2) {
                            waiting.late = true;
                            late.add(waiting.bundle);
                        }
                    }
                }
            }
            return new Due(view, late, timedOut);
        } finally {
            lock.unlock();
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
