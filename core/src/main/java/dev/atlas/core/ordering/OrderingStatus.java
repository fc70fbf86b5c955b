package dev.atlas.core.ordering;

import dev.atlas.net.identity.ReplicaId;
import java.util.List;

/**
 * Answers "why is it stuck".
 *
 * @param leader who is expected to propose now
 * @param inFlight proposals not yet decided
 */
public record OrderingStatus(
        long epoch,
        long view,
        boolean active,
        boolean learner,
        ReplicaId leader,
        long stable,
        long decided,
        int inFlight,
        List<SlotStatus> slots) {

    public OrderingStatus {
        slots = List.copyOf(slots);
    }

    /** One open slot: what it has and what it awaits, in words. */
    public record SlotStatus(
            long sequence, String phase, List<ReplicaId> prepares, List<ReplicaId> commits, String awaits) {}
}
