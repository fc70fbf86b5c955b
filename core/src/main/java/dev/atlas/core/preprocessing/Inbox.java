package dev.atlas.core.preprocessing;

import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.identity.NodeId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits to be decoded by one worker, clients and members in a lane each. Thread-safe.
 *
 * <p>Bounded in bundles and in bytes, and one node has at most a quarter of a lane: what floods is refused, and its neighbours are not.
 */
final class Inbox {

    /** A bundle's share of the bytes: an average, since bundles share them. */
    private static final long BYTES_PER_PLACE = 8 * 1024;

    private static final int SHARES = 4;
    private static final int SMALLEST_SHARE = 2;

    private final Mailbox<Incoming.Lane, Incoming> mailbox;
    private final int places;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like the map below. */
    private final Map<Incoming.Lane, Held> byLane = new EnumMap<>(Incoming.Lane.class);

    private final Map<NodeId, Held> byNode = new HashMap<>();

    Inbox(int places) {
        this.places = places;
        this.mailbox = new Mailbox<>(Incoming.Lane.class, lane -> places);
    }

    /** False if the lane or the sender's share of it is full. */
    boolean offer(Incoming incoming) {
        int size = incoming.envelope().size();
        lock.lock();
        try {
            Held all = byLane.computeIfAbsent(incoming.lane(), lane -> new Held());
            Held its = byNode.getOrDefault(incoming.from(), new Held());
            long bytes = places * BYTES_PER_PLACE;
            if (!all.hasRoom(size, places, bytes)
                    || !its.hasRoom(size, Math.max(SMALLEST_SHARE, places / SHARES), bytes / SHARES)
                    || !mailbox.offer(incoming.lane(), incoming)) {
                return false;
            }
            all.add(size);
            its.add(size);
            byNode.put(incoming.from(), its);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** As {@link Mailbox#drain}. */
    boolean drain(List<Incoming> target, int most) throws InterruptedException {
        boolean open = mailbox.drain(target, most);
        lock.lock();
        try {
            for (Incoming drained : target) {
                int size = drained.envelope().size();
                byLane.computeIfAbsent(drained.lane(), lane -> new Held()).remove(size);
                byNode.computeIfPresent(drained.from(), (node, its) -> its.remove(size) ? null : its);
            }
        } finally {
            lock.unlock();
        }
        return open;
    }

    void close() {
        mailbox.close();
    }

    private static final class Held {
        private int count;
        private long bytes;

        /** There is always room for one, however large: its size has been judged by the frame limit. */
        boolean hasRoom(int size, int mostPlaces, long mostBytes) {
            return count == 0 || (count < mostPlaces && bytes + size <= mostBytes);
        }

        void add(int size) {
            count++;
            bytes += size;
        }

        /** True if nothing is left. */
        boolean remove(int size) {
            count--;
            bytes -= size;
            return count == 0;
        }
    }
}
