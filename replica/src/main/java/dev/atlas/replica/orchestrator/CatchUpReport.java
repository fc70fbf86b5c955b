package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.types.Quorums;
import dev.atlas.net.env.Clock;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.metrics.CatchUpEvent;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people how far a replica that has fallen behind is, and when nobody gets any further. What the others have decided is what f + 1 of them claim at least, so that
 * no liar makes a replica look late. Nothing is decided by it. Owned by the orchestrator's thread; what peers claim is kept for members only.
 */
final class CatchUpReport {

    private static final Logger LOG = LoggerFactory.getLogger(CatchUpReport.class);
    private static final long EVERY_NANOS = Duration.ofSeconds(5).toNanos();

    private final ReplicaId self;
    private final Clock clock;
    private final int weakQuorum;
    private final long tolerated;
    private final LearnerReport learners;
    private final Map<ReplicaId, Long> claims = new TreeMap<>();
    private long decided;
    private boolean behind;
    private long reportedNanos;

    /**
     * @param tolerated how many decisions a replica may lack before it is worth a line
     */
    CatchUpReport(ReplicaId self, Clock clock, Quorums quorums, long tolerated) {
        this.self = self;
        this.clock = clock;
        this.weakQuorum = quorums.weakQuorum();
        this.tolerated = tolerated;
        this.learners = new LearnerReport(self, clock, quorums.members() - quorums.quorum());
        this.reportedNanos = clock.nanoTime() - EVERY_NANOS;
    }

    /** A member has said what it has decided. */
    void heard(ReplicaId from, OrderingMessage message) {
        if (message instanceof OrderingMessage.Status status && !from.equals(self)) {
            claims.put(from, status.decided());
            learners.heard(from, status, decided);
            report();
        }
    }

    /** Everything up to there is decided here, or installed. */
    void decided(long sequence) {
        decided = sequence;
        if (behind) {
            report();
        }
    }

    private void report() {
        long others = claimedByOneCorrect();
        if (behind && decided >= others) {
            behind = false;
            LOG.info("{} has caught up with the others, at {}", self, decided);
            emit(others, true);
        } else if ((behind || others - decided > tolerated) && clock.nanoTime() - reportedNanos >= EVERY_NANOS) {
            behind = true; // not sooner, or a liar could have it begin and end with each message
            line(others);
        }
    }

    private void line(long others) {
        reportedNanos = clock.nanoTime();
        LOG.info(
                "{} is catching up: it has decisions up to {}, and the others have {} more",
                self,
                decided,
                others - decided);
        emit(others, false);
    }

    private void emit(long others, boolean over) {
        CatchUpEvent event = new CatchUpEvent();
        event.decided = decided;
        event.others = others;
        event.over = over;
        event.commit();
    }

    /** Of any f + 1, one is correct. */
    private long claimedByOneCorrect() {
        if (claims.size() < weakQuorum) {
            return 0;
        }
        long[] ascending = new long[claims.size()];
        int count = 0;
        for (long claim : claims.values()) {
            ascending[count++] = claim;
        }
        Arrays.sort(ascending);
        return ascending[count - weakQuorum];
    }
}
