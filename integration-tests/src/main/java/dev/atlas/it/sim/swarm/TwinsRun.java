package dev.atlas.it.sim.swarm;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
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
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One scenario of twins: four replicas, one of them doubled, partitions by view for four views, then a whole network, in which everything must be
 * answered.
 *
 * <p>{@code -Datlas.twins.replica=2} doubles another one than the first: the primary of a later view.
 */
final class TwinsRun {

    static final int REPLICAS = 4;

    /** Numbers of scenarios begin with 1, as seeds do. */
    static final long SCENARIOS = ViewPartitions.scenarios(REPLICAS + 1);

    private static final int CLIENTS = 2;
    private static final int KEYS = 2;
    private static final int MOST_CALLS = 1_000;
    private static final Duration PACE = Duration.ofMillis(15);
    private static final Duration PATIENCE = Duration.ofMillis(60);
    private static final Duration TIMEOUT = Duration.ofMillis(80);
    private static final Duration ENOUGH = Duration.ofMinutes(1);

    private final long scenario;
    private final SimCluster cluster;
    private final ViewPartitions partitions;
    private final Coverage coverage = new Coverage();

    private TwinsRun(long scenario) {
        this.scenario = scenario;
        Randomness random = new Randomness(scenario);
        this.cluster = SimCluster.start(options(), random.nextLong());
        this.partitions = partitions(scenario, cluster);
    }

    private static ViewPartitions partitions(long scenario, SimCluster cluster) {
        return new ViewPartitions(
                scenario - 1, REPLICAS + 1, () -> cluster.scheduler().nowNanos(), PATIENCE);
    }

    private static int doubled() {
        return Math.floorMod(Integer.getInteger("atlas.twins.replica", 0), REPLICAS);
    }

    private static SimOptions options() {
        return SimOptions.of(REPLICAS)
                .ordering(PbftConfig.defaults()
                        .withCheckpointPeriod(4)
                        .withPipelineDepth(3)
                        .withViewTimeout(TIMEOUT, TIMEOUT.multipliedBy(4)))
                .requests(PreProcessingConfig.defaults().withRequestTimeout(TIMEOUT))
                .client(ClientConfig.defaults()
                        .withRetransmit(new Backoff.Policy(Duration.ofMillis(100), Duration.ofMillis(400))))
                .twins(Set.of(doubled()));
    }

    static String describe(long scenario) {
        try (SimCluster unused = SimCluster.start(options(), 0)) {
            return "twins of replica " + doubled() + ", the second is " + REPLICAS + "; "
                    + partitions(scenario, unused);
        }
    }

    /** For variants of this library that are loaded apart, like {@link SwarmRun#failure}. */
    static @Nullable String failure(long scenario) {
        return run(scenario, Optional.empty())
                .failure()
                .map(Throwable::toString)
                .orElse(null);
    }

    static SwarmResult run(long scenario, Optional<Consumer<String>> told) {
        TwinsRun run = new TwinsRun(scenario);
        told.ifPresent(run.cluster::tell);
        return run.run();
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
        if (!cluster.run(ENOUGH, this::agree)) {
            throw new SimulationFailure("replicas do not catch up: " + partitions);
        }
        cluster.checkRunning();
        cluster.clients().judge(cluster.executions());
        cluster.run(Duration.ofMillis(1));
    }

    /** Whether all correct replicas have executed the same: the judges hold the executions against each other. */
    private boolean agree() {
        return cluster.executions()
                        .places(cluster.correct().stream().map(SimCluster::host).toList())
                == 1;
    }
}
