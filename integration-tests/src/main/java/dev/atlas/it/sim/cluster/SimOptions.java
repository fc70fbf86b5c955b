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
        return new SimOptions(
                replicas,
                other,
                requests,
                network,
                client,
                sessions,
                realSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                messageLoss,
                liars,
                twins,
                durability);
    }

    /** With other rules of what waits to be ordered. */
    public SimOptions requests(PreProcessingConfig other) {
        return new SimOptions(
                replicas,
                ordering,
                other,
                network,
                client,
                sessions,
                realSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                messageLoss,
                liars,
                twins,
                durability);
    }

    /** With other clients. */
    public SimOptions client(ClientConfig other) {
        return new SimOptions(
                replicas,
                ordering,
                requests,
                network,
                other,
                sessions,
                realSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                messageLoss,
                liars,
                twins,
                durability);
    }

    /** With this share of the messages of correct nodes lost. */
    public SimOptions messageLoss(double share) {
        return new SimOptions(
                replicas,
                ordering,
                requests,
                network,
                client,
                sessions,
                realSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                share,
                liars,
                twins,
                durability);
    }

    /** With these replicas faulty. */
    public SimOptions liars(Map<Integer, Liar.Habits> faulty) {
        return new SimOptions(
                replicas,
                ordering,
                requests,
                network,
                client,
                sessions,
                realSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                messageLoss,
                faulty,
                twins,
                durability);
    }

    /** With these replicas doubled. */
    public SimOptions twins(Set<Integer> doubled) {
        return new SimOptions(
                replicas,
                ordering,
                requests,
                network,
                client,
                sessions,
                realSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                messageLoss,
                liars,
                doubled,
                durability);
    }

    /** With records on simulated disks. */
    public SimOptions durability(DurabilityMode mode) {
        return new SimOptions(
                replicas,
                ordering,
                requests,
                network,
                client,
                sessions,
                realSignatures,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                messageLoss,
                liars,
                twins,
                mode);
    }

    public SimOptions realSignatures(boolean real) {
        return new SimOptions(
                replicas,
                ordering,
                requests,
                network,
                client,
                sessions,
                real,
                plaintext,
                computeThreads,
                pipeBytes,
                death,
                messageLoss,
                liars,
                twins,
                durability);
    }
}
