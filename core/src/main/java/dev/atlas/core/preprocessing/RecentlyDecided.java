package dev.atlas.core.preprocessing;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.Digest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Digests of bundles decided lately: a hint that a bundle need not be ordered again, never a decision. Thread-safe. */
final class RecentlyDecided {

    private static final int REMEMBERED = 200_000;

    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}; oldest first. */
    private final Map<Digest, Boolean> digests = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    void add(List<RequestBundle> bundles) {
        lock.lock();
        try {
            bundles.forEach(bundle -> digests.put(bundle.digest(), true));
        } finally {
            lock.unlock();
        }
    }

    boolean contains(Digest bundle) {
        lock.lock();
        try {
            return digests.containsKey(bundle);
        } finally {
            lock.unlock();
        }
    }
}
