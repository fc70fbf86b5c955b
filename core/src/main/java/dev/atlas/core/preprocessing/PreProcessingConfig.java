package dev.atlas.core.preprocessing;

import dev.atlas.net.config.Checks;
import java.time.Duration;

/**
 * @param workers threads that decode, each for its share of the clients
 * @param inboxPerWorker bundles waiting to be decoded, of 8 KiB on average, clients' and members' apart; no node has more than a quarter. When full, a client
 *     is told to slow down
 * @param requestsPerBatch most requests in a batch: large ones amortise agreement, small ones keep latency even
 * @param bytesPerBatch most bytes of bodies in a batch, 64 MiB or less; a larger bundle is a batch of its own
 * @param bundlesPerBatch not above what the ordering protocol admits
 * @param pendingPerClient most requests of one client that wait to be ordered; beyond, the client is told to slow down
 * @param pendingBytesPerClient the same in bytes on the wire
 * @param pendingBytes most bytes of memory that bundles of all clients together take while they wait to be ordered ({@code RequestBundle.footprint}); none may
 *     have more than what is left free, so that there is room for who has little. Beyond, clients are told to slow down
 * @param pendingBytesPerPeer the same of what one member has forwarded. Too little costs a request that only backups received its place, and so perhaps the
 *     primary its view; with n members, what waits is bounded by {@code pendingBytes} and n times this
 * @param timedPerClient bundles of a client whose age is watched, the oldest of those that it sends itself and of those that members bring, so many of each
 * @param requestTimeout after which an unanswered request makes this replica ask for another view; too short a one changes views under
 *     load, too long a one delays the recovery from a dead primary by as much
 */
public record PreProcessingConfig(
        int workers,
        int inboxPerWorker,
        int requestsPerBatch,
        int bytesPerBatch,
        int bundlesPerBatch,
        int pendingPerClient,
        long pendingBytesPerClient,
        long pendingBytes,
        long pendingBytesPerPeer,
        int timedPerClient,
        Duration requestTimeout) {

    public PreProcessingConfig {
        Checks.atLeastOne("workers", workers);
        Checks.atLeastOne("inboxPerWorker", inboxPerWorker);
        Checks.atLeastOne("requestsPerBatch", requestsPerBatch);
        Checks.atLeastOne("bytesPerBatch", bytesPerBatch);
        if (bytesPerBatch > BodyStore.MOST_BYTES_PER_BATCH) {
            throw new IllegalArgumentException(
                    "bytesPerBatch must be " + BodyStore.MOST_BYTES_PER_BATCH + " or less, not " + bytesPerBatch);
        }
        Checks.atLeastOne("bundlesPerBatch", bundlesPerBatch);
        Checks.atLeastOne("pendingPerClient", pendingPerClient);
        Checks.atLeastOne("pendingBytesPerClient", pendingBytesPerClient);
        Checks.atLeastOne("pendingBytes", pendingBytes);
        Checks.atLeastOne("pendingBytesPerPeer", pendingBytesPerPeer);
        Checks.atLeastOne("timedPerClient", timedPerClient);
        Checks.positive("requestTimeout", requestTimeout);
    }

    public static PreProcessingConfig defaults() {
        return new PreProcessingConfig(
                4, 4096, 2048, 4 << 20, 2048, 4096, 16L << 20, 256L << 20, 64L << 20, 64, Duration.ofSeconds(1));
    }

    public PreProcessingConfig withRequestTimeout(Duration timeout) {
        return with(
                bundlesPerBatch, pendingPerClient, pendingBytesPerClient, pendingBytes, pendingBytesPerPeer, timeout);
    }

    public PreProcessingConfig withBundlesPerBatch(int bundles) {
        return with(
                bundles, pendingPerClient, pendingBytesPerClient, pendingBytes, pendingBytesPerPeer, requestTimeout);
    }

    /** What one client may have waiting. */
    public PreProcessingConfig withClientQuota(int requests, long bytes) {
        return with(bundlesPerBatch, requests, bytes, pendingBytes, pendingBytesPerPeer, requestTimeout);
    }

    /** What all clients together, and what each member, may have waiting. */
    public PreProcessingConfig withPendingBytes(long allClients, long eachPeer) {
        return with(bundlesPerBatch, pendingPerClient, pendingBytesPerClient, allClients, eachPeer, requestTimeout);
    }

    private PreProcessingConfig with(
            int bundles, int perClient, long bytesPerClient, long allClients, long eachPeer, Duration timeout) {
        return new PreProcessingConfig(
                workers,
                inboxPerWorker,
                requestsPerBatch,
                bytesPerBatch,
                bundles,
                perClient,
                bytesPerClient,
                allClients,
                eachPeer,
                timedPerClient,
                timeout);
    }
}
