package dev.atlas.it.sim.swarm;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Lost messages and nothing else, or a dead primary as well: STATUS makes every loss short of a partition harmless (section 6 of the design), so no view is lost to
 * them. A swarm hardly sees a retransmission that is missing, since view changes make up for it in the end.
 */
final class LossesRun {

    private static final int[] SIZES = {4, 4, 5, 6, 7};
    private static final int CLIENTS = 2;
    private static final int CALLS = 30;
    private static final int KEYS = 3;
    private static final Duration PACE = Duration.ofMillis(20);
    private static final Duration STATUS_INTERVAL = Duration.ofMillis(200);
    /** Many status intervals, so that nothing but a message that never comes again outlasts it. */
    private static final Duration TIMEOUT = STATUS_INTERVAL.multipliedBy(40);

    private static final Duration ENOUGH = Duration.ofMinutes(3);

    private final long number;
    private final Randomness random;
    private final int replicas;
    private final boolean primaryDies;
    private final double loss;
    private final SimCluster cluster;

    private LossesRun(long number) {
        this.number = number;
        this.random = new Randomness(number);
        this.replicas = SIZES[random.below(SIZES.length)];
        this.primaryDies = random.chance(0.5);
        this.loss = random.between(5, 20) / 100.0;
        this.cluster = SimCluster.start(options(), random.nextLong());
    }

    private SimOptions options() {
        return SimOptions.of(replicas)
                .ordering(PbftConfig.defaults()
                        .withCheckpointPeriod(random.between(4, 16))
                        .withPipelineDepth(random.between(1, 4))
                        .withViewTimeout(TIMEOUT, TIMEOUT.multipliedBy(2)))
                .requests(PreProcessingConfig.defaults().withRequestTimeout(TIMEOUT))
                .messageLoss(loss);
    }

    static String describe(long number) {
        LossesRun run = new LossesRun(number);
        return run.replicas + " replicas, loss " + run.loss + (run.primaryDies ? ", the primary dies" : "");
    }

    static SwarmResult run(long number, Optional<Consumer<String>> told) {
        LossesRun run = new LossesRun(number);
        told.ifPresent(run.cluster::tell);
        return run.run();
    }

    private SwarmResult run() {
        Coverage coverage = new Coverage();
        Optional<Throwable> failure = Optional.empty();
        try {
            cluster.network().quality(Duration.ofMillis(1), Duration.ofMillis(4), Long.MAX_VALUE);
            callAndLose();
            cluster.close();
        } catch (RuntimeException | Error broken) {
            failure = Optional.of(broken);
        }
        coverage.add("interfered", cluster.scheduler().isInterfered() ? 1 : 0);
        coverage.add("views", cluster.votes().highestView());
        coverage.add("messages lost", cluster.lost());
        coverage.add("operations answered", cluster.clients().answered());
        coverage.count("n = " + replicas);
        return new SwarmResult(
                number,
                cluster.scheduler().trace(),
                cluster.scheduler().steps(),
                Duration.ofNanos(cluster.scheduler().nowNanos()),
                coverage,
                failure);
    }

    private void callAndLose() {
        List<SimProcess.Outcome<Integer>> calls = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            calls.add(cluster.client().callRandomly(random.split("caller " + client), CALLS, KEYS, 0, PACE));
        }
        if (primaryDies) {
            cluster.run(Duration.ofMillis(random.between(1, 500)));
            cluster.crash(0);
        }
        if (!cluster.run(ENOUGH, () -> calls.stream().allMatch(SimProcess.Outcome::isDone))) {
            throw new SimulationFailure("calls are not answered");
        }
        long views = cluster.votes().highestView();
        if (views > (primaryDies ? 1 : 0)) {
            throw new SimulationFailure(
                    "view " + views + " was asked for: losses of " + loss + " have not been harmless");
        }
        cluster.loseNoMore();
        if (!cluster.run(ENOUGH, this::agree)) {
            throw new SimulationFailure("replicas do not catch up");
        }
        cluster.checkRunning();
        cluster.clients().judge(cluster.executions());
        cluster.run(Duration.ofMillis(1));
    }

    private boolean agree() {
        return cluster.executions()
                        .places(cluster.correct().stream().map(SimCluster::host).toList())
                == 1;
    }
}
