package dev.atlas.it.sim.swarm;

import dev.atlas.core.types.Quorums;
import dev.atlas.it.sim.byzantine.HostileClient;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One seed: faults and calls first, then a network that works and a quorum that is correct, which must answer everything and agree, in bounded
 * virtual time.
 */
public final class SwarmRun {

    /** In which a healed cluster must answer something: some rounds of capped view timers, with as many faulty primaries as there may be. */
    private static final Duration LIVENESS = Duration.ofMinutes(3);

    private static final Duration CONVERGENCE = Duration.ofMinutes(1);

    private final long seed;
    private final Randomness random;
    private final SwarmOptions options;
    private final Coverage coverage = new Coverage();
    private final boolean telling;
    private final Consumer<String> told;

    private SwarmRun(long seed, boolean telling, Consumer<String> told) {
        this.seed = seed;
        this.random = new Randomness(seed);
        this.options = SwarmOptions.draw(random.split("options"));
        this.telling = telling;
        this.told = told;
    }

    /** What a seed draws. */
    public static SwarmOptions options(long seed) {
        return SwarmOptions.draw(new Randomness(seed).split("options"));
    }

    /** Runs a seed on the calling thread. */
    public static SwarmResult run(long seed) {
        return new SwarmRun(seed, false, unused -> {}).run();
    }

    /**
     * @param told hears what happens, for people
     */
    public static SwarmResult run(long seed, Consumer<String> told) {
        return new SwarmRun(seed, true, told).run();
    }

    private SwarmResult run() {
        SimCluster cluster =
                SimCluster.start(options.cluster(), random.split("cluster").nextLong());
        Optional<Throwable> failure = Optional.empty();
        try {
            if (telling) {
                cluster.tell(told);
            }
            cluster.network().quality(options.latency(), options.jitter(), options.bytesPerSecond());
            phases(cluster);
            cluster.close();
        } catch (SimulationFailure broken) {
            failure = Optional.of(broken);
        } catch (RuntimeException | Error broken) {
            failure = Optional.of(broken);
        }
        cover(cluster);
        return new SwarmResult(
                seed,
                cluster.scheduler().trace(),
                cluster.scheduler().steps(),
                Duration.ofNanos(cluster.scheduler().nowNanos()),
                coverage,
                failure);
    }

    private void phases(SimCluster cluster) {
        List<SimProcess.Outcome<Integer>> calls = new ArrayList<>();
        Duration pace = options.safety().dividedBy(options.calls());
        for (int number = 0; number < options.clients(); number++) {
            SimCaller client = cluster.client();
            for (int caller = 0; caller < options.callers(); caller++) {
                calls.add(client.callRandomly(
                        random.split("caller " + number + " " + caller),
                        options.calls(),
                        options.keys(),
                        options.unordered(),
                        pace));
            }
        }
        List<HostileClient> hostile =
                options.hostile().stream().map(cluster::hostile).toList();
        Faults faults = new Faults(cluster, options, random.split("faults"), coverage, told);
        faults.plan();
        cluster.run(options.safety());
        faults.end();
        List<Integer> core = core(cluster, faults);
        told.accept("core " + core);
        if (!allEnd(cluster, calls)) {
            throw stuck("calls of the safety phase are not answered", cluster);
        }
        List<SimProcess.Outcome<Boolean>> probes = new ArrayList<>();
        for (SimCaller client : cluster.callers()) {
            probes.add(client.put("probe", "alive"));
        }
        if (!allEnd(cluster, probes)) {
            throw stuck("new calls are not answered", cluster);
        }
        hostile.forEach(HostileClient::end);
        for (HostileClient client : hostile) {
            client.played().forEach((trick, times) -> coverage.add("client " + trick, times));
        }
        List<Integer> expected = new ArrayList<>(core);
        faults.dead().stream().filter(cluster::isRunning).forEach(expected::add);
        converge(cluster, expected);
        for (int number : faults.dead()) {
            if (cluster.isRunning(number)
                    && !cluster.status(number).orchestrator().ordering().learner()) {
                coverage.count("learners that vote again");
            }
        }
        cluster.checkRunning();
        cluster.clients().judge(cluster.executions());
        cluster.run(Duration.ofMillis(1));
    }

    /** Runs until all calls have ended, as long as the cluster keeps answering; a slow network may take its time. */
    private static <T> boolean allEnd(SimCluster cluster, List<SimProcess.Outcome<T>> calls) {
        int[] ended = {0}; // asked at each step: not from the start each time
        BooleanSupplier all = () -> {
            while (ended[0] < calls.size() && calls.get(ended[0]).isDone()) {
                ended[0]++;
            }
            return ended[0] == calls.size();
        };
        while (!all.getAsBoolean()) {
            long before = cluster.ended();
            if (!cluster.run(LIVENESS, () -> all.getAsBoolean() || cluster.ended() > before)) {
                return false;
            }
        }
        return true;
    }

    /** The replicas that must agree in the end: sometimes one more than needed stays cut off. */
    private List<Integer> core(SimCluster cluster, Faults faults) {
        List<Integer> core = new ArrayList<>(cluster.correct());
        core.removeAll(faults.dead());
        Quorums quorums = new Quorums(options.cluster().replicas());
        while (core.size() > quorums.quorum() && random.chance(0.3)) {
            int left = core.get(random.below(core.size()));
            core.remove(Integer.valueOf(left));
            List<String> alone = List.of(SimCluster.host(left));
            List<String> others = new ArrayList<>();
            for (int number = 0; number < options.cluster().replicas(); number++) {
                others.add(SimCluster.host(number));
            }
            cluster.network().cut(alone, others);
            cluster.network().cut(others, alone);
            coverage.count("left outside the core");
        }
        return core;
    }

    private void converge(SimCluster cluster, List<Integer> expected) {
        long end = cluster.scheduler().nowNanos() + CONVERGENCE.toNanos();
        while (true) {
            List<ReplicaStatus> statuses =
                    expected.stream().map(cluster::status).toList();
            long places = statuses.stream()
                    .map(status -> status.executor().executed())
                    .distinct()
                    .count();
            if (places == 1) {
                agree(statuses);
                if (statuses.getFirst().executor().executed()
                        < cluster.executions().last()) {
                    throw new SimulationFailure(
                            "executed was " + cluster.executions().last() + ", and left is "
                                    + statuses.getFirst().executor());
                }
                return;
            }
            if (cluster.scheduler().nowNanos() > end) {
                throw stuck("replicas do not catch up", cluster);
            }
            cluster.run(Duration.ofMillis(300));
        }
    }

    private static void agree(List<ReplicaStatus> statuses) {
        long digests = statuses.stream()
                .map(status -> status.executor().stateDigest())
                .distinct()
                .count();
        if (digests > 1) {
            throw new SimulationFailure("states differ after the same log: "
                    + statuses.stream().map(ReplicaStatus::executor).toList());
        }
    }

    private SimulationFailure stuck(String what, SimCluster cluster) {
        StringBuilder text = new StringBuilder(what + "\n");
        for (int number : cluster.correct()) {
            text.append(number).append(": ").append(status(cluster, number)).append('\n');
        }
        return new SimulationFailure(text.toString());
    }

    /** What a replica says of itself; one that cannot answer is part of the finding, not a finding instead of it. */
    private static String status(SimCluster cluster, int number) {
        try {
            return cluster.status(number).toString();
        } catch (SimulationFailure silent) {
            return "no status: " + silent.getMessage();
        }
    }

    private void cover(SimCluster cluster) {
        coverage.add("state transfer messages", cluster.transferred());
        coverage.add("interfered", cluster.scheduler().isInterfered() ? 1 : 0);
        coverage.add("views", cluster.votes().highestView());
        coverage.add("lies", cluster.lies());
        coverage.add("messages lost", cluster.lost());
        coverage.add("operations answered", cluster.clients().answered());
        coverage.add("histories undecided", cluster.clients().undecided());
        coverage.add("executions compared", cluster.executions().compared());
        for (SimCaller client : cluster.callers()) {
            coverage.add("outcomes unknown", client.unknown());
            coverage.add("not executed", client.notExecuted());
        }
        options.ownTraits().forEach(coverage::count);
        cluster.reasons().newViews().forEach(coverage::add);
    }
}
