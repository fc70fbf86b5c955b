package dev.atlas.it.sim.swarm;

import dev.atlas.core.types.Quorums;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A run that does one thing to a cluster, over and over, where the swarm leaves it to chance what happens and does a little of everything. */
abstract class ScriptedRun implements Family.Scenario {

    private static final int CLIENTS = 2;

    static final Duration ENOUGH = Duration.ofMinutes(3);

    final Randomness random;
    final int replicas;
    private final long number;

    /**
     * @param sizes of clusters; one of them is drawn
     */
    ScriptedRun(long number, int... sizes) {
        this.number = number;
        this.random = new Randomness(number);
        this.replicas = sizes[random.below(sizes.length)];
    }

    /** A new one, that has not run. */
    abstract SimCluster cluster();

    /**
     * @throws SimulationFailure if a rule was broken
     */
    abstract void play(SimCluster cluster);

    @Override
    public final SwarmResult run(Optional<Consumer<String>> told) {
        SimCluster cluster = cluster();
        told.ifPresent(cluster::tell);
        Optional<Throwable> failure = Optional.empty();
        try {
            cluster.network().quality(Duration.ofMillis(1), Duration.ofMillis(4), Long.MAX_VALUE);
            play(cluster);
            cluster.checkRunning();
            cluster.clients().judge(cluster.executions());
            cluster.run(Duration.ofMillis(1));
            cluster.close();
        } catch (RuntimeException | Error broken) {
            failure = Optional.of(broken);
        }
        return new SwarmResult(
                number,
                cluster.scheduler().trace(),
                cluster.scheduler().steps(),
                Duration.ofNanos(cluster.scheduler().nowNanos()),
                coverage(cluster),
                failure);
    }

    private Coverage coverage(SimCluster cluster) {
        Coverage coverage = new Coverage();
        coverage.add("interfered", cluster.scheduler().isInterfered() ? 1 : 0);
        coverage.add("views", cluster.votes().highestView());
        coverage.add("lies", cluster.lies());
        coverage.add("messages lost", cluster.lost());
        coverage.add("state transfer messages", cluster.transferred());
        coverage.add("operations answered", cluster.clients().answered());
        coverage.count("n = " + replicas);
        return coverage;
    }

    /** f. */
    final int faults() {
        return new Quorums(replicas).faults();
    }

    /** New clients that call one after the other. */
    final List<SimProcess.Outcome<Integer>> call(SimCluster cluster, int each, int keys, Duration pace, String name) {
        List<SimProcess.Outcome<Integer>> calls = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            calls.add(cluster.client().callRandomly(random.split(name + client), each, keys, 0, pace));
        }
        return calls;
    }

    static void await(SimCluster cluster, List<SimProcess.Outcome<Integer>> calls) {
        if (!cluster.run(ENOUGH, () -> calls.stream().allMatch(SimProcess.Outcome::isDone))) {
            throw new SimulationFailure("calls are not answered");
        }
    }

    static void converge(SimCluster cluster) {
        if (!cluster.converge(ENOUGH)) {
            throw new SimulationFailure("replicas do not catch up");
        }
    }
}
