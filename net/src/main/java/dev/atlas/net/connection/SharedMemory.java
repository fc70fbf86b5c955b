package dev.atlas.net.connection;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that all clients of a node share, beyond the small part that each has of its own. What one client may keep waiting is bounded,
 * but there are thousands of them, their names cost nothing, and together they could hold more than there is.
 *
 * <p>While it is short, whoever holds some without getting on is cut off early. Thread-safe.
 */
final class SharedMemory {

    private final long maxBytes;
    private final AtomicLong taken = new AtomicLong();

    SharedMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** For peers that are few and known. */
    static SharedMemory unlimited() {
        return new SharedMemory(Long.MAX_VALUE);
    }

    boolean isShort() {
        return taken.get() > maxBytes / 2;
    }

    long taken() {
        return taken.get();
    }

    private boolean take(long bytes) {
        long before = taken.get();
        while (bytes <= maxBytes - before) {
            long witness = taken.compareAndExchange(before, before + bytes);
            if (witness == before) {
                return true;
            }
            before = witness;
        }
        return false;
    }

    /** What one connection holds in one direction. Not thread-safe: its owner calls from one thread, or under a lock. */
    static final class Holding {

        /** Never asked for, so that a client that reads its replies is served however much the others hold. */
        static final int OWN_BYTES = 16 * 1024;

        private final SharedMemory shared;
        private long borrowed;

        Holding(SharedMemory shared) {
            this.shared = shared;
        }

        /** Holds so much from now on, in all; false, and nothing has changed, if there is no room for it. */
        boolean resize(long bytes) {
            long wanted = Math.max(0, bytes - OWN_BYTES);
            if (wanted > borrowed && !shared.take(wanted - borrowed)) {
                return false;
            }
            if (wanted < borrowed) {
                shared.taken.addAndGet(wanted - borrowed);
            }
            borrowed = wanted;
            return true;
        }

        void release() {
            shared.taken.addAndGet(-borrowed);
            borrowed = 0;
        }
    }
}
