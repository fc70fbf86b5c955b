package dev.atlas.it.sim.swarm;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.types.Quorums;
import dev.atlas.it.sim.byzantine.Liar;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import dev.atlas.net.concurrent.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Partitions by view for four views, then a whole network, in which everything must be answered. With twins: four replicas, one of them doubled, a number for each of
 * all partitions. With forgers: liars who lie in view changes and propose with two faces, and partitions drawn by the number.
 *
 * <p>{@code -Datlas.twins.replica=2} doubles another one than the first: the primary of a later view.
 */
final class ViewsRun implements Family.Scenario {

    static final int REPLICAS = 4;

    /** Numbers of scenarios begin with 1, as seeds do. */
    static final long SCENARIOS = ViewPartitions.scenarios(REPLICAS + 1);

    private static final int[] SIZES = {4, 4, 4, 5, 7};
    private static final int CLIENTS = 2;
    private static final int KEYS = 2;
    private static final int MOST_CALLS = 1_000;
    private static final Duration PACE = Duration.ofMillis(10);
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final Duration TIMEOUT = Duration.ofMillis(120);
    private static final Duration ENOUGH = Duration.ofMinutes(1);

    private final long scenario;
    private final SimCluster cluster;
    private final ViewPartitions partitions;
    private final Coverage coverage = new Coverage();

    private ViewsRun(long scenario, SimOptions options, long partitions, int instances) {
        this.scenario = scenario;
        this.cluster = SimCluster.start(options, new Randomness(scenario).nextLong());
        this.partitions = new ViewPartitions(
                partitions, instances, () -> cluster.scheduler().nowNanos(), PATIENCE);
    }

    static ViewsRun twins(long scenario) {
        return new ViewsRun(scenario, options(REPLICAS).twins(Set.of(doubled())), scenario - 1, REPLICAS + 1);
    }

    static ViewsRun forgers(long seed) {
        Randomness random = new Randomness(seed).split("forgers");
        int replicas = SIZES[random.below(SIZES.length)];
        Map<Integer, Liar.Habits> liars = new TreeMap<>();
        while (liars.size() < new Quorums(replicas).faults()) {
            liars.put(random.below(replicas), Liar.Habits.forger(random.chance(0.5)));
        }
        long partitions = random.chance(0.3) ? 0 : random.below(ViewPartitions.scenarios(replicas));
        return new ViewsRun(seed, options(replicas).liars(liars), partitions, replicas);
    }

    private static int doubled() {
        return Math.floorMod(Integer.getInteger("atlas.twins.replica", 0), REPLICAS);
    }

    private static SimOptions options(int replicas) {
        return SimOptions.of(replicas)
                .ordering(PbftConfig.defaults()
                        .withCheckpointPeriod(4)
                        .withPipelineDepth(3)
                        .withViewTimeout(TIMEOUT, TIMEOUT.multipliedBy(4)))
                .requests(PreProcessingConfig.defaults().withRequestTimeout(TIMEOUT))
                .client(ClientConfig.defaults()
                        .withRetransmit(new Backoff.Policy(Duration.ofMillis(100), Duration.ofMillis(400))));
    }

    @Override
    public String describe() {
        return "liars " + cluster.liars() + ", twins " + cluster.twins() + "; " + partitions;
    }

    @Override
    public SwarmResult run(Optional<Consumer<String>> told) {
        told.ifPresent(cluster::tell);
        return run();
    }

    private SwarmResult run() {
        Optional<Throwable> failure = Optional.empty();
        try {
            cluster.network().quality(Duration.ofMillis(1), Duration.ofMillis(3), Long.MAX_VALUE);
            cluster.route(partitions);
            phases();
            cluster.close();
        } catch (RuntimeException | Error broken) {
            failure = Optional.of(broken);
        }
        coverage.add("interfered", cluster.scheduler().isInterfered() ? 1 : 0);
        coverage.add("views", cluster.votes().highestView());
        coverage.add("lies", cluster.lies());
        cluster.reasons().newViews().forEach(coverage::add);
        coverage.add("messages lost", cluster.lost());
        coverage.add("operations answered", cluster.clients().answered());
        coverage.add("executions compared", cluster.executions().compared());
        return new SwarmResult(
                scenario,
                cluster.scheduler().trace(),
                cluster.scheduler().steps(),
                Duration.ofNanos(cluster.scheduler().nowNanos()),
                coverage,
                failure);
    }

    private void phases() {
        List<SimProcess.Outcome<Integer>> calls = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            calls.add(cluster.client()
                    .callRandomly(new Randomness(scenario).split("caller " + client), MOST_CALLS, KEYS, 0, PACE));
        }
        if (!cluster.run(ENOUGH, partitions::isWhole)) {
            throw new SimulationFailure("view " + ViewPartitions.VIEWS + " is not reached: " + partitions);
        }
        cluster.stopCalling();
        if (!cluster.run(ENOUGH, () -> calls.stream().allMatch(SimProcess.Outcome::isDone))) {
            throw new SimulationFailure("calls are not answered in a whole network: " + partitions);
        }
        for (SimCaller client : cluster.callers()) {
            SimProcess.Outcome<Boolean> probe = client.put("probe", "alive");
            if (!cluster.run(ENOUGH, probe::isDone)) {
                throw new SimulationFailure("new calls are not answered: " + partitions);
            }
        }
        if (!cluster.converge(ENOUGH)) {
            throw new SimulationFailure("replicas do not catch up: " + partitions);
        }
        cluster.checkRunning();
        cluster.clients().judge(cluster.executions());
        cluster.run(Duration.ofMillis(1));
    }
}
