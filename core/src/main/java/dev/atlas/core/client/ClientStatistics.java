package dev.atlas.core.client;

/**
 * A snapshot.
 *
 * @param completed calls answered
 * @param failed calls ended without a result
 * @param bundles sent, retransmissions excluded
 * @param retransmissions bundles sent again
 * @param busy answers that asked to slow down
 * @param rejected replies that were malformed or came from no member
 * @param view highest view that f + 1 replicas have named
 */
public record ClientStatistics(
        long completed, long failed, long bundles, long retransmissions, long busy, long rejected, long view) {}
