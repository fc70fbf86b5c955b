package dev.atlas.replica.orchestrator;

import dev.atlas.net.identity.ReplicaId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * How much each peer may have in the mailbox, in letters and in bytes: one for every {@value #BYTES_PER_PLACE} bytes of a frame. A peer that sends faster than it is
 * served waits on its own connection and crowds out nobody. Thread-safe.
 */
final class InboundBudget {

    /** What a letter's frame may weigh for one place; what is decoded from it weighs a few times that. */
    static final int BYTES_PER_PLACE = 16 * 1024;

    private final Map<ReplicaId, Semaphore> places = new LinkedHashMap<>();
    private final int lettersPerPeer;

    InboundBudget(List<ReplicaId> peers, int lettersPerPeer) {
        this.lettersPerPeer = lettersPerPeer;
        peers.forEach(peer -> places.put(peer, new Semaphore(lettersPerPeer)));
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
}
