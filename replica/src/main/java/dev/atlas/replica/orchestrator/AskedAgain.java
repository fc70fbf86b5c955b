package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.identity.ClientId;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How much of what clients have asked answers for again waits for the executor, in bytes of memory. Thread-safe.
 *
 * <p>While a state is installed the executor takes nothing up, and a client that repeats a large bundle could fill its queue with copies. Nobody may have more
 * waiting than all leave free, so that there is room for who asks little. What finds none is dropped: its client asks again, and is answered when nothing waits.
 */
final class AskedAgain {

    static final long BYTES = 32L << 20;

    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like the sum below; who has nothing waiting is not in it. */
    private final Map<ClientId, Long> ofClients = new HashMap<>();

    private long bytes;

    /** False if there is no room for this bundle; for one alone, however large, there is. */
    boolean take(RequestBundle bundle) {
        lock.lock();
        try {
            long mine = ofClients.getOrDefault(bundle.client(), 0L) + bundle.footprint();
            if (bytes > 0 && mine > BYTES - bytes) {
                return false;
            }
            ofClients.put(bundle.client(), mine);
            bytes += bundle.footprint();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** For each {@link #take} that was granted. */
    void giveBack(RequestBundle bundle) {
        lock.lock();
        try {
            bytes -= bundle.footprint();
            ofClients.computeIfPresent(bundle.client(), (client, mine) -> {
                long left = mine - bundle.footprint();
                return left == 0 ? null : left;
            });
        } finally {
            lock.unlock();
        }
    }
}
