package dev.atlas.replica.config;

import dev.atlas.core.message.SharedSettings;
import dev.atlas.core.message.SharedSettings.Setting;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.BodyStore;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.types.Membership;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.ResultLimits;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.config.Checks;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.ReplicaId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that one replica must be told.
 *
 * @param clusterId equal on all nodes of a cluster and different for others: signatures and handshakes carry it
 * @param membership the voters and their keys, equal on all replicas
 * @param peers where they listen
 * @param keys this replica's key pair, whose public half is in the membership
 * @param listenOn own addresses
 * @param sessions equal on all replicas; the network's frames to clients must be able to carry the largest result
 * @param retainedBytes most bytes of bodies that batches in the window and retained decisions may hold in memory: beyond half of it, decisions under the stable
 *     checkpoint are forgotten, and who lacks them fetches a state; beyond all of it, a primary proposes nothing but null batches until the next checkpoint frees
 *     some; beyond twice as much, a backup takes and votes for nothing more but null batches. The smaller it is, the more states are transferred and the more
 *     null batches are decided when requests are large
 * @param servingShare most of the time, above 0 and up to 1, in which this replica prepares and sends its state to one that fetches it while requests are ordered:
 *     the smaller, the less a transfer slows down what clients ask for, and the longer it takes. Without requests it does not rest
 * @param durability what survives a restart
 * @param directory where a durable replica keeps its records; one replica's only
 * @param start {@link StartMode#GENESIS} only when the cluster is created, and only with {@link DurabilityMode#NONE}: with the others the directory says it
 * @param closeDeadline how long {@code close} waits for threads to end
 */
public record ReplicaConfig(
        String clusterId,
        ReplicaId self,
        Membership membership,
        NetworkInformation peers,
        SignatureScheme scheme,
        SignatureScheme.KeyPair keys,
        List<NodeAddress> listenOn,
        NetworkConfig network,
        PbftConfig ordering,
        PreProcessingConfig requests,
        SessionLimits sessions,
        long retainedBytes,
        double servingShare,
        DurabilityMode durability,
        Optional<Path> directory,
        StartMode start,
        Duration closeDeadline) {

    /** A faulty replica that fetches for ever takes hardly more than this, and a correct one still has a state of 1 GiB within seconds. */
    public static final double DEFAULT_SERVING_SHARE = 0.25;

    /** A reply without its result, and the envelope around it or around a request, are shorter. */
    private static final int LONGEST_ENVELOPE = 256;

    /** Retained bodies take up a quarter of the heap unless told otherwise. */
    private static final int HEAP_SHARE = 4;

    public ReplicaConfig {
        listenOn = List.copyOf(listenOn);
        Membership.Member me = membership
                .member(self)
                .orElseThrow(() -> new IllegalArgumentException(self + " is not in the membership"));
        if (!me.publicKey().equals(keys.publicKey())) {
            throw new IllegalArgumentException("the membership has another key for " + self
                    + " than the given key pair: wrong key file, or wrong replica number");
        }
        if (requests.bundlesPerBatch() > ordering.maxBundlesPerBatch()) {
            throw new IllegalArgumentException("bundlesPerBatch must not be above maxBundlesPerBatch");
        }
        int largestResult = sessions.results().largest();
        int largestMessage = Math.max(largestResult, Replier.MESSAGE_BYTES);
        if (network.limits().clientFrame() - LONGEST_ENVELOPE < largestMessage) {
            throw new IllegalArgumentException("a clientFrame of "
                    + network.limits().clientFrame()
                    + " bytes cannot carry a result of " + largestResult + " or short ones of " + Replier.MESSAGE_BYTES
                    + " together, and the " + LONGEST_ENVELOPE + " around them: raise it, or lower the largest result");
        }
        if (network.limits().protocolFrame() - LONGEST_ENVELOPE
                < network.limits().clientFrame()) {
            throw new IllegalArgumentException("a protocolFrame of "
                    + network.limits().protocolFrame()
                    + " bytes cannot carry from one replica to another what a clientFrame of "
                    + network.limits().clientFrame() + " admits, and the " + LONGEST_ENVELOPE
                    + " around it: raise it, or lower clientFrame");
        }
        if (network.limits().clientFrame() > BodyStore.MOST_BYTES_PER_BATCH) {
            throw new IllegalArgumentException(
                    "a clientFrame of " + network.limits().clientFrame()
                            + " bytes admits requests that no batch may hold: " + BodyStore.MOST_BYTES_PER_BATCH
                            + " is the most");
        }
        Checks.atLeastOne("retainedBytes", retainedBytes);
        if (!(servingShare > 0 && servingShare <= 1)) {
            throw new IllegalArgumentException("servingShare must be above 0 and not above 1, not " + servingShare);
        }
        if (durability != DurabilityMode.NONE && start == StartMode.GENESIS) {
            throw new IllegalArgumentException("with durability " + durability
                    + " a new cluster is created by a marker in each directory (Genesis.create), once;"
                    + " start the replica as LEARNER, it will find out what it is");
        }
    }

    /** Beyond it a backup takes nothing more for a primary that should have stopped at {@link #retainedBytes}, and at about the same time. */
    public long mostRetainedBytes() {
        return retainedBytes > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : 2 * retainedBytes;
    }

    /**
     * What must be equal on all replicas.
     *
     * @param divisible whether the executor is a divisible one
     */
    public SharedSettings sharedSettings(boolean divisible) {
        ResultLimits results = sessions.results();
        return new SharedSettings(Map.of(
                Setting.CHECKPOINT_PERIOD, (long) ordering.checkpointPeriod(),
                Setting.MAX_BUNDLES_PER_BATCH, (long) ordering.maxBundlesPerBatch(),
                Setting.CLIENTS, (long) sessions.clients(),
                Setting.SESSIONS_PER_CLIENT, (long) sessions.sessionsPerClient(),
                Setting.WINDOW, (long) sessions.window(),
                Setting.LARGEST_RESULT, (long) results.largest(),
                Setting.RESULTS_PER_CLIENT, results.perClient(),
                Setting.SHARED_RESULTS, results.shared(),
                Setting.OWN_RESULTS, results.own(),
                Setting.DIVISIBLE, divisible ? 1L : 0L));
    }

    /** The defaults for everything that has one. */
    public static ReplicaConfig of(
            String clusterId,
            ReplicaId self,
            Membership membership,
            NetworkInformation peers,
            SignatureScheme scheme,
            SignatureScheme.KeyPair keys,
            List<NodeAddress> listenOn,
            StartMode start) {
        return new ReplicaConfig(
                clusterId,
                self,
                membership,
                peers,
                scheme,
                keys,
                listenOn,
                NetworkConfig.DEFAULT,
                PbftConfig.defaults(),
                PreProcessingConfig.defaults(),
                SessionLimits.defaults(),
                Runtime.getRuntime().maxMemory() / HEAP_SHARE,
                DEFAULT_SERVING_SHARE,
                DurabilityMode.NONE,
                Optional.empty(),
                start,
                Duration.ofSeconds(10));
    }

    public ReplicaConfig withOrdering(PbftConfig other) {
        return with(network, other, requests, sessions, retainedBytes, servingShare, durability, directory);
    }

    public ReplicaConfig withRequests(PreProcessingConfig other) {
        return with(network, ordering, other, sessions, retainedBytes, servingShare, durability, directory);
    }

    /** Both at once: each alone is held against the other's present value, since a batch that pre-processing makes must be one that ordering admits. */
    public ReplicaConfig withOrderingAndRequests(PbftConfig otherOrdering, PreProcessingConfig otherRequests) {
        return with(
                network, otherOrdering, otherRequests, sessions, retainedBytes, servingShare, durability, directory);
    }

    public ReplicaConfig withNetwork(NetworkConfig other) {
        return with(other, ordering, requests, sessions, retainedBytes, servingShare, durability, directory);
    }

    public ReplicaConfig withSessions(SessionLimits other) {
        return with(network, ordering, requests, other, retainedBytes, servingShare, durability, directory);
    }

    public ReplicaConfig withRetainedBytes(long bytes) {
        return with(network, ordering, requests, sessions, bytes, servingShare, durability, directory);
    }

    public ReplicaConfig withServingShare(double share) {
        return with(network, ordering, requests, sessions, retainedBytes, share, durability, directory);
    }

    /** With records in a directory. */
    public ReplicaConfig withDurability(DurabilityMode mode, Path where) {
        return with(network, ordering, requests, sessions, retainedBytes, servingShare, mode, Optional.of(where));
    }

    /** With records on a disk that the replica is given when it starts. */
    public ReplicaConfig withDurability(DurabilityMode mode) {
        return with(network, ordering, requests, sessions, retainedBytes, servingShare, mode, Optional.empty());
    }

    private ReplicaConfig with(
            NetworkConfig otherNetwork,
            PbftConfig otherOrdering,
            PreProcessingConfig otherRequests,
            SessionLimits otherSessions,
            long otherRetainedBytes,
            double otherServingShare,
            DurabilityMode mode,
            Optional<Path> where) {
        return new ReplicaConfig(
                clusterId,
                self,
                membership,
                peers,
                scheme,
                keys,
                listenOn,
                otherNetwork,
                otherOrdering,
                otherRequests,
                otherSessions,
                otherRetainedBytes,
                otherServingShare,
                mode,
                where,
                start,
                closeDeadline);
    }
}
