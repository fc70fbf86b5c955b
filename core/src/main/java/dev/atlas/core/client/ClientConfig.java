package dev.atlas.core.client;

import dev.atlas.core.types.Quorums;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.config.Checks;
import java.time.Duration;

/**
 * @param window W: ordered calls outstanding at once; not above the replicas' own
 * @param requestsPerBundle requests signed together
 * @param bytesPerBundle the same in bytes; a larger single request goes alone
 * @param largestRequest in bytes; a larger one is refused here
 * @param retransmit when a call is sent again, a year at most: too early doubles the load of a slow cluster, too late delays a call after a loss. Where answers have
 *     lately taken long, the first time is later than {@code first}, up to {@code longest}
 * @param deadline when a call is given up and its outcome is unknown; above zero, a year at most
 * @param unorderedDeadline when an unordered call that found no matching answers is ordered instead; zero is as soon as the client looks, four times in the first
 *     retransmission interval; a year at most
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

    private static final Duration LONGEST = Duration.ofDays(366);

    public ClientConfig {
        Checks.atLeastOne("window", window);
        Checks.atLeastOne("requestsPerBundle", requestsPerBundle);
        Checks.atLeastOne("bytesPerBundle", bytesPerBundle);
        Checks.atLeastOne("largestRequest", largestRequest);
        if (requestsPerBundle > 256) {
            throw new IllegalArgumentException("requestsPerBundle is " + requestsPerBundle
                    + ": replicas refuse bundles of more than 256 requests");
        }
        requireAtMostLongest("retransmit.longest", retransmit.longest());
        requireAtMostLongest("deadline", deadline);
        requireAtMostLongest("unorderedDeadline", unorderedDeadline);
        Checks.positive("deadline", deadline);
        if (unorderedDeadline.isNegative()) {
            throw new IllegalArgumentException("unorderedDeadline must be zero or above, not " + unorderedDeadline);
        }
    }

    /** Longer ones are no use, and one of centuries cannot be counted in nanoseconds. */
    private static void requireAtMostLongest(String setting, Duration value) {
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(setting + " must be at most " + LONGEST + ", not " + value);
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
        return with(window, largestRequest, retransmit, longest, unorderedDeadline, linearizableReads);
    }

    public ClientConfig withUnorderedDeadline(Duration longest) {
        return with(window, largestRequest, retransmit, deadline, longest, linearizableReads);
    }

    public ClientConfig withRetransmit(Backoff.Policy policy) {
        return with(window, largestRequest, policy, deadline, unorderedDeadline, linearizableReads);
    }

    public ClientConfig withWindow(int outstanding) {
        return with(outstanding, largestRequest, retransmit, deadline, unorderedDeadline, linearizableReads);
    }

    public ClientConfig withLargestRequest(int bytes) {
        return with(window, bytes, retransmit, deadline, unorderedDeadline, linearizableReads);
    }

    public ClientConfig withLinearizableReads(boolean linearizable) {
        return with(window, largestRequest, retransmit, deadline, unorderedDeadline, linearizable);
    }

    private ClientConfig with(
            int outstanding,
            int largest,
            Backoff.Policy policy,
            Duration longest,
            Duration unordered,
            boolean linearizable) {
        return new ClientConfig(
                outstanding, requestsPerBundle, bytesPerBundle, largest, policy, longest, unordered, linearizable);
    }

    /** How many replicas must answer alike. */
    int matchingAnswers(Quorums quorums) {
        return linearizableReads ? quorums.quorum() : quorums.weakQuorum();
    }
}
