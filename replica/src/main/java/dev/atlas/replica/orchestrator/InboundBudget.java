package dev.atlas.replica.orchestrator;

import dev.atlas.net.identity.ReplicaId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * How much each peer may have in the mailbox, in letters and in bytes: one for every {@value #BYTES_PER_PLACE} bytes of a frame; and how many of its messages may
 * be under check. A peer that sends faster than it is served waits on its own connection and crowds out nobody. Thread-safe.
 */
final class InboundBudget {

    /** What a letter's frame may weigh for one place; what is decoded from it weighs a few times that. */
    static final int BYTES_PER_PLACE = 16 * 1024;

    /** A check takes up to some milliseconds of a core that clients' signatures wait for, too. What needs one is rare. */
    static final int CHECKS_PER_PEER = 4;

    private final Map<ReplicaId, Semaphore> places = new LinkedHashMap<>();
    private final Map<ReplicaId, Semaphore> checks = new LinkedHashMap<>();
    private final int lettersPerPeer;

    InboundBudget(List<ReplicaId> peers, int lettersPerPeer) {
        this.lettersPerPeer = lettersPerPeer;
        peers.forEach(peer -> {
            places.put(peer, new Semaphore(lettersPerPeer));
            checks.put(peer, new Semaphore(CHECKS_PER_PEER));
        });
    }

    boolean isMember(ReplicaId peer) {
        return places.containsKey(peer);
    }

    /** Places that a letter takes up; never more than there are, so that the largest passes when it is alone. */
    private int places(int frameBytes) {
        return Math.min(lettersPerPeer, 1 + frameBytes / BYTES_PER_PLACE);
    }

    /** Blocks the peer's reader until it has room; false for a node that is no member and therefore has none. */
    boolean take(ReplicaId peer, int frameBytes) throws InterruptedException {
        Semaphore mine = places.get(peer);
        if (mine == null) {
            return false;
        }
        mine.acquire(places(frameBytes));
        return true;
    }

    /** For each {@link #take}, with the same size. */
    void giveBack(ReplicaId peer, int frameBytes) {
        Semaphore mine = places.get(peer);
        if (mine != null) {
            mine.release(places(frameBytes));
        }
    }

    /** As {@link #take}, when the peer also has room for one more check. */
    boolean takeToCheck(ReplicaId peer, int frameBytes) throws InterruptedException {
        Semaphore mine = checks.get(peer);
        if (mine == null) {
            return false;
        }
        mine.acquire();
        boolean taken = false;
        try {
            taken = take(peer, frameBytes);
        } finally {
            if (!taken) {
                mine.release();
            }
        }
        return taken;
    }

    /** For each {@link #takeToCheck}, when the check is over; what was taken beside it is still to be given back. */
    void checked(ReplicaId peer) {
        Semaphore mine = checks.get(peer);
        if (mine != null) {
            mine.release();
        }
    }
}
