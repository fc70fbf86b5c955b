package dev.atlas.core.client;

import dev.atlas.core.types.Quorums;
import dev.atlas.net.concurrent.Backoff;
import java.time.Duration;

/**
 * @param window W: ordered calls outstanding at once; not above the replicas' own
 * @param requestsPerBundle requests signed together
 * @param bytesPerBundle the same in bytes; a larger single request goes alone
 * @param largestRequest in bytes; a larger one is refused here
 * @param retransmit when a call is sent again: too early doubles the load of a slow cluster, too late delays a call after a loss
 * @param deadline when a call is given up and its outcome is unknown
 * @param unorderedDeadline when an unordered call that found no matching answers is ordered instead
 * @param linearizableReads whether unordered calls are linearizable too. Otherwise f + 1 matching answers are a result, and an unordered one may be out of date.
 *     With it, both ordered and unordered results need Q: whatever was answered before a read was called is then in the state of a correct replica among
 *     those that answer it (Berger, Reiser and Bessani, "Making Reads in BFT State Machine Replication Fast, Linearizable, and Live", SRDS'21). Unordered
 *     answers must come from the same state, or two reads that overlap writes could see them in different orders; a read that does not find Q is ordered, which
 *     is what happens to most while there are many writes. To be set alike on all clients of a cluster: a write that fewer than Q have answered is hidden
 *     from such reads
 */
public record ClientConfig(
        int window,
        int requestsPerBundle,
        int bytesPerBundle,
        int largestRequest,
        Backoff.Policy retransmit,
        Duration deadline,
        Duration unorderedDeadline,
        boolean linearizableReads) {

    public ClientConfig {
        if (window < 1 || requestsPerBundle < 1 || bytesPerBundle < 1 || largestRequest < 1) {
            throw new IllegalArgumentException("every bound of a client is 1 or more");
        }
        if (requestsPerBundle > 256) {
            throw new IllegalArgumentException("replicas refuse bundles of more than 256 requests");
        }
        if (deadline.isNegative() || deadline.isZero() || unorderedDeadline.isNegative()) {
            throw new IllegalArgumentException("deadlines must be above zero");
        }
    }

    public static ClientConfig defaults() {
        return new ClientConfig(
                1024,
                256,
                256 * 1024,
                1 << 20,
                new Backoff.Policy(Duration.ofMillis(500), Duration.ofSeconds(5)),
                Duration.ofSeconds(30),
                Duration.ofSeconds(2),
                false);
    }

    public ClientConfig withDeadline(Duration longest) {
        return with(window, retransmit, longest, linearizableReads);
    }

    public ClientConfig withRetransmit(Backoff.Policy policy) {
        return with(window, policy, deadline, linearizableReads);
    }

    public ClientConfig withWindow(int outstanding) {
        return with(outstanding, retransmit, deadline, linearizableReads);
    }

    public ClientConfig withLinearizableReads(boolean linearizable) {
        return with(window, retransmit, deadline, linearizable);
    }

    private ClientConfig with(int outstanding, Backoff.Policy policy, Duration longest, boolean linearizable) {
        return new ClientConfig(
                outstanding,
                requestsPerBundle,
                bytesPerBundle,
                largestRequest,
                policy,
                longest,
                unorderedDeadline,
                linearizable);
    }

    /** How many replicas must answer alike. */
    int matchingAnswers(Quorums quorums) {
        return linearizableReads ? quorums.quorum() : quorums.weakQuorum();
    }
}
