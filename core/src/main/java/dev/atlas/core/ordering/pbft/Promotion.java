package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How a learner becomes a voter.
 *
 * <p>It may have voted in a life that it has forgotten, on slots up to the high watermark of that time. So it takes the highest stable checkpoint h that Q
 * voting members had when it asked, and votes once it stands at a stable checkpoint of h + 2L or later: every slot above that is above anything it can have
 * voted on. A claimed checkpoint counts when its certificate has been seen, so a liar cannot move h out of reach.
 */
final class Promotion {

    private static final long UNKNOWN = -1;

    private final PbftState state;

    /** The stable checkpoint that each voting member named first; members only. */
    private final Map<ReplicaId, Long> named = new TreeMap<>();

    /** Who says that it is a learner; members only. */
    private final TreeSet<ReplicaId> learners = new TreeSet<>();

    private long target = UNKNOWN;

    Promotion(PbftState state) {
        this.state = state;
    }

    void heard(ReplicaId from, Status status) {
        if (status.learner()) {
            learners.add(from);
        } else {
            learners.remove(from);
            named.putIfAbsent(from, status.stable());
        }
    }

    /** Whether some other member waits for checkpoints in order to vote. */
    boolean isAwaited() {
        return !learners.isEmpty();
    }

    /** True if this replica became a voter just now. */
    boolean consider() {
        if (state.voter) {
            return false;
        }
        if (target == UNKNOWN) {
            List<Long> certified = new ArrayList<>(named.values());
            certified.removeIf(stable -> stable > state.stable);
            if (certified.size() >= state.quorums.quorum()) {
                long highest =
                        certified.stream().mapToLong(Long::longValue).max().orElse(0);
                target = highest + 2 * state.config.window();
            }
        }
        boolean reached = target != UNKNOWN && state.stable >= target && state.executed >= state.stable;
        state.voter |= reached;
        return reached;
    }
}
