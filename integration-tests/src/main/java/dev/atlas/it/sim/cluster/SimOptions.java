package dev.atlas.it.sim.cluster;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.it.sim.byzantine.Liar;
import dev.atlas.it.sim.network.SimNetwork;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.replica.config.DurabilityMode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a simulated cluster is made of.
 *
 * @param replicas n
 * @param sessions what each replica remembers of clients
 * @param retainedBytes of request bodies that each replica may hold
 * @param divisible whether states are checkpointed and fetched in parts of their own, instead of chunks
 * @param realSignatures Ed25519 instead of the fast stand-in
 * @param plaintext whether the handshake signs, instead of the transport proving the keys
 * @param computeThreads of each node
 * @param pipeBytes what a connection holds in each direction
 * @param death how connections of killed processes end
 * @param messageLoss the share of messages of correct nodes that a full queue is pretended to drop
 * @param liars faulty replicas by number, with their habits
 * @param durability of correct replicas
 * @param twins faulty replicas that are two correct ones under one identity
 */
public record SimOptions(
        int replicas,
        PbftConfig ordering,
        PreProcessingConfig requests,
        NetworkConfig network,
        ClientConfig client,
        SessionLimits sessions,
        long retainedBytes,
        boolean divisible,
        boolean realSignatures,
        boolean plaintext,
        int computeThreads,
        int pipeBytes,
        SimNetwork.Death death,
        double messageLoss,
        Map<Integer, Liar.Habits> liars,
        Set<Integer> twins,
        DurabilityMode durability) {

    public SimOptions {
        liars = new TreeMap<>(liars);
        twins = new TreeSet<>(twins);
    }

    /** The library's defaults on a quiet network. */
    public static SimOptions of(int replicas) {
        return new SimOptions(
                replicas,
                PbftConfig.defaults(),
                PreProcessingConfig.defaults(),
                NetworkConfig.DEFAULT,
                ClientConfig.defaults(),
                SessionLimits.defaults(),
                Long.MAX_VALUE,
                false,
                false,
                false,
                2,
                1 << 18,
                SimNetwork.Death.RESET,
                0,
                Map.of(),
                Set.of(),
                DurabilityMode.NONE);
    }

    /** With other rules of ordering. */
    public SimOptions ordering(PbftConfig other) {
        return with(other, requests, client, realSignatures, messageLoss, liars, twins, durability, divisible);
    }

    /** With other rules of what waits to be ordered. */
    public SimOptions requests(PreProcessingConfig other) {
        return with(ordering, other, client, realSignatures, messageLoss, liars, twins, durability, divisible);
    }

    /** With other clients. */
    public SimOptions client(ClientConfig other) {
        return with(ordering, requests, other, realSignatures, messageLoss, liars, twins, durability, divisible);
    }

    /** With this share of the messages of correct nodes lost. */
    public SimOptions messageLoss(double share) {
        return with(ordering, requests, client, realSignatures, share, liars, twins, durability, divisible);
    }

    /** With these replicas faulty. */
    public SimOptions liars(Map<Integer, Liar.Habits> faulty) {
        return with(ordering, requests, client, realSignatures, messageLoss, faulty, twins, durability, divisible);
    }

    /** With these replicas doubled. */
    public SimOptions twins(Set<Integer> doubled) {
        return with(ordering, requests, client, realSignatures, messageLoss, liars, doubled, durability, divisible);
    }

    /** With a state in parts. */
    public SimOptions divisible(boolean inParts) {
        return with(ordering, requests, client, realSignatures, messageLoss, liars, twins, durability, inParts);
    }

    /** With records on simulated disks. */
    public SimOptions durability(DurabilityMode mode) {
        return with(ordering, requests, client, realSignatures, messageLoss, liars, twins, mode, divisible);
    }

    public SimOptions realSignatures(boolean real) {
        return with(ordering, requests, client, real, messageLoss, liars, twins, durability, divisible);
    }

    private SimOptions with(
            PbftConfig newOrdering,
            PreProcessingConfig newRequests,
            ClientConfig newClient,
            boolean newRealSignatures,
            double newMessageLoss,
            Map<Integer, Liar.Habits> newLiars,
            Set<Integer> newTwins,
            DurabilityMode newDurability,
            boolean newDivisible) {
        return new SimOptions(
                replicas,
                newOrdering,
                newRequests,
                network,
                newClient,
                sessions,
                retainedBytes,
                newDivisible,
                newRealSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                newMessageLoss,
                newLiars,
                newTwins,
                newDurability);
    }
}
