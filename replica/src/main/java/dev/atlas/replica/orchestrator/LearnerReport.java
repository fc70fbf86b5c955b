package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.net.env.Clock;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.metrics.TooManyLearnersEvent;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people why nothing is decided when too few replicas vote for anything ever to be, which is what becomes of a cluster that was started without having been created.
 * Of more than f others that say that they are learners one is correct, so no liar makes it a line alone; nothing else is done about it. Owned by the orchestrator's thread;
 * what peers say is kept for members only.
 */
final class LearnerReport {

    private static final Logger LOG = LoggerFactory.getLogger(LearnerReport.class);

    /** Some STATUS messages long: a learner that has caught up votes again after a few decisions. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

    private final ReplicaId self;
    private final Clock clock;
    private final int weakQuorum;
    private final Set<ReplicaId> learners = new TreeSet<>();

    /** When there came to be too many of them, or the last decision since. */
    private long sinceNanos;

    private boolean isSaid;

    /**
     * @param weakQuorum f + 1
     */
    LearnerReport(ReplicaId self, Clock clock, int weakQuorum) {
        this.self = self;
        this.clock = clock;
        this.weakQuorum = weakQuorum;
    }

    /** A member has said what it is. */
    void heard(ReplicaId from, OrderingMessage.Status status) {
        boolean wereTooMany = areTooMany();
        if (status.learner()) {
            learners.add(from);
        } else {
            learners.remove(from);
        }
        if (!areTooMany()) {
            isSaid = false;
        } else if (!wereTooMany) {
            sinceNanos = clock.nanoTime();
        } else if (!isSaid && clock.nanoTime() - sinceNanos >= PATIENCE_NANOS) {
            isSaid = true;
            say();
        }
    }

    private boolean areTooMany() {
        return learners.size() >= weakQuorum;
    }

    /** Something is decided all the same. */
    void decided() {
        sinceNanos = clock.nanoTime();
    }

    private void say() {
        LOG.warn(
                "{} sees nothing decided: {} say that they are learners, which do not vote; with more than {} of them no quorum is left, and none comes to vote again. If the cluster is new, "
                        + "its replicas were not created: end them, and create each in an empty directory by Genesis.create, or without directories start them as StartMode.GENESIS. "
                        + "If it is not, more have forgotten their votes than a cluster bears",
                self,
                learners,
                weakQuorum - 1);
        TooManyLearnersEvent event = new TooManyLearnersEvent();
        event.learners = learners.toString();
        event.commit();
    }
}
