package dev.atlas.replica.orchestrator;

import dev.atlas.net.identity.ReplicaId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * How many letters each peer may have in the mailbox. A peer that sends faster than it is served waits on its own connection and crowds out
 * nobody. Thread-safe.
 */
final class InboundBudget {

    private final Map<ReplicaId, Semaphore> places = new LinkedHashMap<>();

    InboundBudget(List<ReplicaId> peers, int lettersPerPeer) {
        peers.forEach(peer -> places.put(peer, new Semaphore(lettersPerPeer)));
    }

    /** Blocks the peer's reader until it has a place; false for a node that is no member and therefore has none. */
    boolean take(ReplicaId peer) throws InterruptedException {
        Semaphore mine = places.get(peer);
        if (mine == null) {
            return false;
        }
        mine.acquire();
        return true;
    }

    void giveBack(ReplicaId peer) {
        Semaphore mine = places.get(peer);
        if (mine != null) {
            mine.release();
        }
    }
}
