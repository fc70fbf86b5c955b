package dev.atlas.it.sim.swarm;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.types.Quorums;
import dev.atlas.exec.session.ResultLimits;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.it.sim.byzantine.HostileClient;
import dev.atlas.it.sim.byzantine.Liar;
import dev.atlas.it.sim.byzantine.Trick;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.network.SimNetwork;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.replica.config.DurabilityMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a seed draws: a cluster, limits small enough to be hit, a workload, and which faults are on (swarm testing: Groce et al., ISSTA'12).
 *
 * @param kinds of faults that may happen
 * @param faults how many happen
 * @param crashes replicas that die for good, within what the liars leave of f
 * @param safety how long faults go on, in virtual time
 * @param clients processes
 * @param callers threads of each client
 * @param calls of each caller
 * @param keys that they compete for
 * @param unordered the share of reads that are asked unordered
 * @param hostile the tricks of each faulty client
 */
public record SwarmOptions(
        SimOptions cluster,
        Duration latency,
        Duration jitter,
        long bytesPerSecond,
        Set<Fault> kinds,
        int faults,
        int crashes,
        Duration safety,
        int clients,
        int callers,
        int calls,
        int keys,
        double unordered,
        List<Set<Trick>> hostile) {

    /** How large a cluster is and how often: mostly the smallest, in which f = 1 is all there is to hide behind. */
    private static final int[] SIZES = {4, 4, 4, 4, 4, 4, 5, 6, 7, 10};

    /** In bytes. */
    private static final int SMALL_TRANSFER_QUEUE = 8 << 10;

    private static final Duration SLOW = Duration.ofMillis(100);

    /** What a TCP connection has on its way without window scaling (RFC 7323, section 1.1): a writer that waits a round trip for less gets nothing done over slow links. */
    private static final int TCP_WINDOW = 65_535;

    /** One after the other: request, three of the protocol, reply. */
    private static final int MESSAGES_PER_CALL = 5;

    /**
     * A VIEW-CHANGE, asking for those that are missing and getting them, a NEW-VIEW, a batch and its bodies asked for and got, PREPARE, COMMIT; and before that, where
     * memory is short, two windows of null batches with their checkpoints.
     */
    private static final int MESSAGES_PER_VIEW = 20;

    /** Draws everything from the seed. */
    public static SwarmOptions draw(Randomness random) {
        int n = SIZES[random.below(SIZES.length)];
        int faulty = random.chance(0.25) ? 0 : random.between(1, Math.max(1, new Quorums(n).faults()));
        int byzantine = random.chance(0.7) ? random.between(0, faulty) : 0;
        Map<Integer, Liar.Habits> liars = new TreeMap<>();
        Set<Integer> twins = new TreeSet<>();
        boolean twinsPreferred = random.chance(0.4);
        while (liars.size() + twins.size() < byzantine) {
            int number = random.below(n);
            if (!liars.containsKey(number) && !twins.contains(number)) {
                if (twinsPreferred) {
                    twins.add(number);
                } else {
                    liars.put(number, Liar.Habits.draw(random));
                }
            }
        }
        Set<Fault> kinds = EnumSet.noneOf(Fault.class);
        for (Fault kind : Fault.ALWAYS) {
            if (random.chance(0.4)) {
                kinds.add(kind);
            }
        }
        Randomness disks = random.split("disks");
        DurabilityMode durability = durability(disks);
        for (Fault kind : ofDisks(durability)) {
            if (disks.chance(0.6)) {
                kinds.add(kind);
            }
        }
        int clients = random.chance(0.8) ? 2 : 3;
        boolean slow = random.chance(0.08);
        int callers = random.between(1, 6);
        List<Set<Trick>> hostile = hostile(random.split("hostile clients"));
        // Clients that take each other's places lose them again before they use them, if a request takes as long as
        // opening does.
        int places = hostile.isEmpty() && !slow ? 1 : clients + hostile.size();
        SimOptions cluster = cluster(random, n, liars, twins, places, !hostile.isEmpty(), slow ? TCP_WINDOW : 0)
                .durability(durability);
        Duration latency =
                Duration.ofMillis(slow ? random.between(100, 600) : 0).plusNanos(random.between(50_000, 20_000_000));
        return new SwarmOptions(
                cluster.client(patient(cluster.client(), latency, clients * callers))
                        .ordering(patient(cluster.ordering(), latency)),
                latency,
                Duration.ofNanos(random.between(0, 20_000_000)),
                random.chance(0.2) ? random.between(50_000, 2_000_000) : Long.MAX_VALUE,
                kinds,
                kinds.isEmpty() ? 0 : random.between(1, 12),
                faulty - byzantine,
                Duration.ofMillis(random.between(2_000, 10_000)),
                clients,
                callers,
                300 / (clients * callers) + 1,
                random.between(1, 6),
                random.chance(0.5) ? 0.5 : 0,
                hostile);
    }

    /** Who gives calls up sooner than a cluster without faults can answer all that wait together, one after the other, is answered by luck only. */
    private static ClientConfig patient(ClientConfig drawn, Duration latency, int calls) {
        Duration needed = latency.multipliedBy(MESSAGES_PER_CALL * (calls + 2L));
        return needed.compareTo(drawn.deadline()) > 0 ? drawn.withDeadline(needed) : drawn;
    }

    /** Where no view is ever given the time to begin and decide, only luck decides (OSDI'99, section 3: the delay must not outgrow the timeout for ever). */
    private static PbftConfig patient(PbftConfig drawn, Duration latency) {
        Duration needed = latency.multipliedBy(MESSAGES_PER_VIEW);
        return needed.compareTo(drawn.viewTimeoutCap()) > 0
                ? drawn.withViewTimeout(drawn.viewTimeout(), needed)
                : drawn;
    }

    private static DurabilityMode durability(Randomness random) {
        if (random.chance(0.5)) {
            return DurabilityMode.NONE;
        }
        return random.chance(0.7) ? DurabilityMode.STRICT : DurabilityMode.OPTIMISTIC;
    }

    private static Set<Fault> ofDisks(DurabilityMode durability) {
        return switch (durability) {
            case STRICT -> Fault.STRICT;
            case OPTIMISTIC -> Fault.OPTIMISTIC;
            case NONE -> Set.of();
        };
    }

    /** What may distinguish one draw from another; every one of them is drawn now and then. */
    static List<String> traits() {
        List<String> all = new ArrayList<>(List.of(
                "with liars",
                "with twins",
                "with real signatures",
                "with plaintext",
                "with silent deaths",
                "with lost messages",
                "with a slow network",
                "with unordered reads",
                "with hostile clients",
                "with few results kept",
                "with little memory",
                "with a divisible state",
                "with nobody faulty"));
        for (int n : SIZES) {
            all.add("n = " + n);
        }
        for (DurabilityMode durability : DurabilityMode.values()) {
            all.add("durability " + durability);
        }
        return all;
    }

    /** Those of {@link #traits} that this draw has. */
    List<String> ownTraits() {
        List<String> own = new ArrayList<>();
        own.add("n = " + cluster.replicas());
        own.add("durability " + cluster.durability());
        Map<String, Boolean> others = new TreeMap<>();
        others.put("with liars", !cluster.liars().isEmpty());
        others.put("with twins", !cluster.twins().isEmpty());
        others.put("with real signatures", cluster.realSignatures());
        others.put("with plaintext", cluster.plaintext());
        others.put("with silent deaths", cluster.death() == SimNetwork.Death.SILENT);
        others.put("with lost messages", cluster.messageLoss() > 0);
        others.put("with a slow network", latency.compareTo(SLOW) >= 0);
        others.put("with unordered reads", unordered > 0);
        others.put("with hostile clients", !hostile.isEmpty());
        others.put("with few results kept", !cluster.sessions().results().equals(ResultLimits.defaults()));
        others.put("with little memory", cluster.retainedBytes() < Long.MAX_VALUE);
        others.put("with a divisible state", cluster.divisible());
        others.put(
                "with nobody faulty",
                crashes == 0 && cluster.liars().isEmpty() && cluster.twins().isEmpty());
        others.forEach((trait, has) -> {
            if (has) {
                own.add(trait);
            }
        });
        return own;
    }

    private static List<Set<Trick>> hostile(Randomness random) {
        List<Set<Trick>> hostile = new ArrayList<>();
        for (int clients = random.chance(0.35) ? random.between(1, 2) : 0; clients > 0; clients--) {
            hostile.add(HostileClient.drawTricks(random));
        }
        return hostile;
    }

    /**
     * @param fewestClients clients that the session table remembers at least: beside faulty ones, correct ones need a place that nobody takes from them
     */
    private static SimOptions cluster(
            Randomness random,
            int n,
            Map<Integer, Liar.Habits> liars,
            Set<Integer> twins,
            int fewestClients,
            boolean largeBundles,
            int leastPipeBytes) {
        int window = random.between(1, 16);
        PbftConfig ordering = ordering(random);
        return new SimOptions(
                n,
                ordering,
                requests(random, ordering.maxBundlesPerBatch()),
                network(random),
                client(random, window),
                new SessionLimits(
                        Math.max(fewestClients, random.chance(0.15) ? random.between(1, 2) : random.between(4, 16)),
                        random.between(1, 3),
                        window,
                        results(random.split("results"))),
                retainedBytes(random.split("memory"), largeBundles),
                random.split("parts").chance(0.5),
                random.chance(0.03),
                random.chance(0.25),
                random.between(1, 3),
                Math.max(leastPipeBytes, random.between(4_096, 262_144)),
                random.chance(0.5) ? SimNetwork.Death.RESET : SimNetwork.Death.SILENT,
                random.chance(0.25) ? random.below(20) / 200.0 : 0,
                liars,
                twins,
                DurabilityMode.NONE);
    }

    /** Half of them with a transfer queue so small that not all parts of a state, which are small here, are asked for together. */
    private static NetworkConfig network(Randomness random) {
        NetworkConfig.Buffers buffers = NetworkConfig.Buffers.DEFAULT;
        int transferQueue = random.split("transfers").chance(0.5) ? SMALL_TRANSFER_QUEUE : buffers.transferQueue();
        return NetworkConfig.DEFAULT
                .withPools(new NetworkConfig.Pools(random.between(1, 2), 1))
                .withBuffers(new NetworkConfig.Buffers(
                        buffers.read(),
                        buffers.write(),
                        buffers.protocolQueue(),
                        buffers.applicationQueue(),
                        buffers.clientQueue(),
                        transferQueue));
    }

    /** Replies of this workload have some ten to twenty bytes. */
    private static ResultLimits results(Randomness random) {
        if (random.chance(0.7)) {
            return ResultLimits.defaults();
        }
        int largest = ResultLimits.defaults().largest(); // what faulty clients write, others must be able to read
        return new ResultLimits(largest, random.between(0, 200), random.between(0, 400), random.between(0, 100));
    }

    /** Some tens of bundles: where one fills the memory, each costs null batches up to the next checkpoint. Faulty clients send bundles of tens of kilobytes. */
    private static long retainedBytes(Randomness random, boolean largeBundles) {
        return random.chance(0.8) ? Long.MAX_VALUE : (largeBundles ? 10L : 1L) * random.between(4_000, 40_000);
    }

    private static PbftConfig ordering(Randomness random) {
        int period = random.between(2, 32);
        Duration viewTimeout = Duration.ofMillis(random.between(300, 2_000));
        return new PbftConfig(
                period,
                random.between(1, 16),
                random.between(1, 32),
                Duration.ofSeconds(10),
                viewTimeout,
                viewTimeout.multipliedBy(random.between(4, 16)),
                Duration.ofMillis(random.between(1, 50)),
                Duration.ofMillis(random.between(50, 400)),
                Duration.ofMillis(random.between(500, 2_000)),
                random.between(4, 64),
                random.between(0, 2 * period));
    }

    private static PreProcessingConfig requests(Randomness random, int maxBundles) {
        int workers = random.between(1, 3);
        int inbox = random.between(4, 64);
        int requestsPerBatch = random.between(1, 32);
        int bytesPerBatch = random.between(1_000, 100_000);
        int bundlesPerBatch = random.between(1, maxBundles);
        int pendingPerClient = random.between(1, 64);
        int pendingBytesPerClient = random.between(2_000, 100_000);
        return new PreProcessingConfig(
                workers,
                inbox,
                requestsPerBatch,
                bytesPerBatch,
                bundlesPerBatch,
                pendingPerClient,
                pendingBytesPerClient,
                2L * pendingBytesPerClient,
                pendingBytesPerClient,
                random.between(1, 16),
                Duration.ofMillis(random.between(300, 2_000)));
    }

    private static ClientConfig client(Randomness random, int window) {
        return new ClientConfig(
                window,
                random.between(1, 16),
                random.between(300, 10_000),
                1 << 20,
                new Backoff.Policy(
                        Duration.ofMillis(random.between(100, 1_000)), Duration.ofSeconds(random.between(1, 5))),
                Duration.ofSeconds(random.between(5, 120)),
                Duration.ofMillis(random.between(100, 2_000)),
                window % 2 == 0);
    }
}
