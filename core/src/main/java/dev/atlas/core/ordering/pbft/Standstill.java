package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Notices that proposals are not decided, by anybody.
 *
 * <p>Requests have timers of their own (OSDI'99, section 4.4). What is proposed for a learner's sake, with nobody asking for anything, has not: where too few
 * members are in the view to decide it, because one has left the view alone, all would wait for ever.
 */
final class Standstill {

    private static final long NOTHING = -1;

    /** A slow network is not to be taken for a standstill; who waits for requests does not wait for this. */
    static final int TIMEOUTS = 8;

    private final PbftState state;

    /** Members that have decided no more than we have, since this began. */
    private final Set<ReplicaId> others = new TreeSet<>();

    private long oldest = NOTHING;
    private long view = NOTHING;
    private long sinceNanos;

    Standstill(PbftState state) {
        this.state = state;
    }

    void heard(ReplicaId from, Status status) {
        if (status.decided() <= state.log.head()) {
            others.add(from);
        } else {
            others.remove(from);
        }
    }

    /**
     * By how much longer than {@value #TIMEOUTS} view timeouts the oldest open proposal has been the same, if a quorum says that it has not gone on without us. To
     * be asked now and then.
     */
    Optional<Duration> overdue() {
        long open = state.inFlight.isEmpty() ? NOTHING : state.inFlight.first();
        if (open != oldest || state.view != view || !state.active) {
            oldest = open;
            view = state.view;
            sinceNanos = state.now.nanos();
            others.clear();
            return Optional.empty();
        }
        Duration overdue = Duration.ofNanos(state.now.nanos() - sinceNanos)
                .minus(state.config.viewTimeout().multipliedBy(TIMEOUTS));
        boolean lasts = open != NOTHING && !overdue.isNegative() && others.size() + 1 >= state.quorums.quorum();
        return lasts ? Optional.of(overdue) : Optional.empty();
    }
}
