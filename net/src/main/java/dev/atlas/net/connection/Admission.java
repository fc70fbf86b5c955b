package dev.atlas.net.connection;

import dev.atlas.net.handshake.RejectionReason;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Counts the incoming connections that have not authenticated yet, in all and by address. Thread-safe. */
final class Admission {

    private final NetworkConfig.Limits limits;
    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by {@link #lock}; bounded by the limit in all. */
    private final Map<String, Integer> byHost = new HashMap<>();
    /** Guarded by {@link #lock}. */
    private int total;

    Admission(NetworkConfig.Limits limits) {
        this.limits = limits;
    }

    /** Counts one more, or says why not. */
    Optional<RejectionReason> enter(String host) {
        lock.lock();
        try {
            if (total >= limits.unauthenticated()) {
                return Optional.of(RejectionReason.TOO_MANY_UNAUTHENTICATED);
            }
            if (byHost.getOrDefault(host, 0) >= limits.unauthenticatedPerHost()) {
                return Optional.of(RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST);
            }
            total++;
            byHost.merge(host, 1, Integer::sum);
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    int total() {
        lock.lock();
        try {
            return total;
        } finally {
            lock.unlock();
        }
    }

    void leave(String host) {
        lock.lock();
        try {
            total--;
            byHost.computeIfPresent(host, (unused, count) -> count == 1 ? null : count - 1);
        } finally {
            lock.unlock();
        }
    }
}
