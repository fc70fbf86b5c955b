package dev.atlas.it.sim.swarm;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import java.time.Duration;
import java.util.List;

/**
 * Lost messages and nothing else, or a dead primary as well: STATUS makes every loss short of a partition harmless (section 6 of the design), so no view is lost to
 * them. A swarm hardly sees a retransmission that is missing, since view changes make up for it in the end.
 */
final class LossesRun extends ScriptedRun {

    private static final int CALLS = 30;
    private static final int KEYS = 3;
    private static final Duration PACE = Duration.ofMillis(20);
    private static final Duration STATUS_INTERVAL = Duration.ofMillis(200);
    /** Many status intervals, so that nothing but a message that never comes again outlasts it. */
    private static final Duration TIMEOUT = STATUS_INTERVAL.multipliedBy(40);

    private final boolean primaryDies;
    private final double loss;

    LossesRun(long number) {
        super(number, 4, 4, 5, 6, 7);
        this.primaryDies = random.chance(0.5);
        this.loss = random.between(5, 20) / 100.0;
    }

    @Override
    public String describe() {
        return replicas + " replicas, loss " + loss + (primaryDies ? ", the primary dies" : "");
    }

    @Override
    SimCluster cluster() {
        SimOptions options = SimOptions.of(replicas)
                .ordering(PbftConfig.defaults()
                        .withCheckpointPeriod(random.between(4, 16))
                        .withPipelineDepth(random.between(1, 4))
                        .withViewTimeout(TIMEOUT, TIMEOUT.multipliedBy(2)))
                .requests(PreProcessingConfig.defaults().withRequestTimeout(TIMEOUT))
                .messageLoss(loss);
        return SimCluster.start(options, random.nextLong());
    }

    @Override
    void play(SimCluster cluster) {
        List<SimProcess.Outcome<Integer>> calls = call(cluster, CALLS, KEYS, PACE, "caller ");
        if (primaryDies) {
            cluster.run(Duration.ofMillis(random.between(1, 500)));
            cluster.crash(0);
        }
        await(cluster, calls);
        long views = cluster.votes().highestView();
        if (views > (primaryDies ? 1 : 0)) {
            throw new SimulationFailure(
                    "view " + views + " was asked for: losses of " + loss + " have not been harmless");
        }
        cluster.loseNoMore();
        converge(cluster);
    }
}
