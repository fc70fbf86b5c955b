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
 * Tells people why nothing is decided when too few replicas are left that vote, which is what becomes of a cluster that was started without having been created. Of
 * those that say that they are learners more than f have to, so no liar makes it a line alone; nothing else is done about it. Owned by the orchestrator's
 * thread; what peers say is kept for members only.
 */
final class LearnerReport {

    private static final Logger LOG = LoggerFactory.getLogger(LearnerReport.class);

    /** Some STATUS messages long: a learner that has caught up votes again after a few decisions. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

    private final ReplicaId self;
    private final Clock clock;
    private final int most;
    private final Set<ReplicaId> learners = new TreeSet<>();

    /** When there came to be too many of them, or something more had been decided all the same. */
    private long sinceNanos;

    private long lastDecided;
    private boolean isSaid;

    /**
     * @param most learners beside which there is a quorum that votes; f or more
     */
    LearnerReport(ReplicaId self, Clock clock, int most) {
        this.self = self;
        this.clock = clock;
        this.most = most;
        this.sinceNanos = clock.nanoTime();
    }

    /**
     * A member has said what it is.
     *
     * @param decided what is decided here
     */
    void heard(ReplicaId from, OrderingMessage.Status status, long decided) {
        if (status.learner()) {
            learners.add(from);
        } else {
            learners.remove(from);
        }
        boolean areTooMany = learners.size() > most;
        isSaid &= areTooMany;
        if (!areTooMany || decided != lastDecided) {
            lastDecided = decided;
            sinceNanos = clock.nanoTime();
        } else if (!isSaid && clock.nanoTime() - sinceNanos >= PATIENCE_NANOS) {
            isSaid = true;
            say();
        }
    }

    private void say() {
        LOG.warn(
                "{} sees nothing decided: {} say that they are learners, which do not vote; with more than {} of them no quorum is left, and none comes to vote again. If the cluster is new, "
                        + "its replicas were not created: end them, and create each in an empty directory by Genesis.create, or without directories start them as StartMode.GENESIS. "
                        + "If it is not, more have forgotten their votes than a cluster bears",
                self,
                learners,
                most);
        TooManyLearnersEvent event = new TooManyLearnersEvent();
        event.learners = learners.toString();
        event.commit();
    }
}
