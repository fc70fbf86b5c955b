package dev.atlas.core.ordering.pbft;

import dev.atlas.net.config.Checks;
import java.time.Duration;

/**
 * Settings of {@link Pbft}; equal on all replicas where marked so.
 *
 * @param checkpointPeriod K, equal on all replicas, at most {@value #LONGEST_PERIOD}: short ones hash the state often, long ones keep more log in memory
 * @param pipelineDepth proposals in flight: too few leave the network idle, too many make batches small
 * @param maxBundlesPerBatch equal on all replicas: a longer proposal is refused
 * @param maxDrift how far a proposal's timestamp may be ahead of this replica's clock
 * @param viewTimeout how long a new view may take at first; doubles with each failed view
 * @param viewTimeoutCap where doubling ends
 * @param bodyWait how long bodies are waited for before they are fetched
 * @param statusInterval between STATUS messages while something is outstanding
 * @param statusIdleInterval the same when nothing is
 * @param futureMessages kept per sender for views and slots to come; more are dropped and come again by STATUS
 * @param logRetention decisions kept below the previous stable checkpoint, for laggards
 */
public record PbftConfig(
        int checkpointPeriod,
        int pipelineDepth,
        int maxBundlesPerBatch,
        Duration maxDrift,
        Duration viewTimeout,
        Duration viewTimeoutCap,
        Duration bodyWait,
        Duration statusInterval,
        Duration statusIdleInterval,
        int futureMessages,
        int logRetention) {

    /**
     * A VIEW-CHANGE lists what was pre-prepared in a window of two periods, a slot once for each view that differs, and replicas take 65,536 entries: eight for
     * each slot. A slot is in the window for two checkpoints, and correct primaries see to one whenever there are several digests for many slots.
     */
    static final int LONGEST_PERIOD = 4096;

    public PbftConfig {
        Checks.atLeastOne("checkpointPeriod", checkpointPeriod);
        if (checkpointPeriod > LONGEST_PERIOD) {
            throw new IllegalArgumentException(
                    "checkpointPeriod must be " + LONGEST_PERIOD + " or less, not " + checkpointPeriod);
        }
        Checks.atLeastOne("pipelineDepth", pipelineDepth);
        Checks.atLeastOne("maxBundlesPerBatch", maxBundlesPerBatch);
        Checks.atLeastOne("futureMessages", futureMessages);
        Checks.positive("maxDrift", maxDrift);
        Checks.positive("viewTimeout", viewTimeout);
        Checks.positive("bodyWait", bodyWait);
        Checks.positive("statusInterval", statusInterval);
        if (logRetention < 0) {
            throw new IllegalArgumentException("logRetention must be 0 or more, not " + logRetention);
        }
        if (viewTimeoutCap.compareTo(viewTimeout) < 0) {
            throw new IllegalArgumentException("viewTimeoutCap must not be below viewTimeout");
        }
        if (statusIdleInterval.compareTo(statusInterval) < 0) {
            throw new IllegalArgumentException("statusIdleInterval must not be below statusInterval");
        }
    }

    public static PbftConfig defaults() {
        return new PbftConfig(
                1000,
                16,
                2048,
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                Duration.ofSeconds(60),
                Duration.ofMillis(20),
                Duration.ofMillis(200),
                Duration.ofSeconds(2),
                64,
                1000);
    }

    /** Another K, with the retention that belongs to it. */
    public PbftConfig withCheckpointPeriod(int period) {
        return with(period, pipelineDepth, maxDrift, viewTimeout, viewTimeoutCap, period);
    }

    public PbftConfig withPipelineDepth(int depth) {
        return with(checkpointPeriod, depth, maxDrift, viewTimeout, viewTimeoutCap, logRetention);
    }

    public PbftConfig withMaxDrift(Duration drift) {
        return with(checkpointPeriod, pipelineDepth, drift, viewTimeout, viewTimeoutCap, logRetention);
    }

    public PbftConfig withViewTimeout(Duration first, Duration cap) {
        return with(checkpointPeriod, pipelineDepth, maxDrift, first, cap, logRetention);
    }

    public PbftConfig withLogRetention(int decisions) {
        return with(checkpointPeriod, pipelineDepth, maxDrift, viewTimeout, viewTimeoutCap, decisions);
    }

    private PbftConfig with(
            int period, int depth, Duration drift, Duration firstTimeout, Duration timeoutCap, int retention) {
        return new PbftConfig(
                period,
                depth,
                maxBundlesPerBatch,
                drift,
                firstTimeout,
                timeoutCap,
                bodyWait,
                statusInterval,
                statusIdleInterval,
                futureMessages,
                retention);
    }

    /** L: the distance between the watermarks, twice the checkpoint period, so that agreement goes on while a checkpoint becomes stable. */
    public long window() {
        return 2L * checkpointPeriod;
    }
}
