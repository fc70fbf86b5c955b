package dev.atlas.it.sim.swarm;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Lost messages and nothing else, or up to f dead replicas as well, so that all others are needed: STATUS makes every loss short of a partition harmless, and no
 * view is lost to them but those of dead primaries. A swarm hardly sees a retransmission that is missing, since view changes make up for it in the end.
 */
final class LossesRun extends ScriptedRun {

    private static final int CALLS = 30;
    private static final int KEYS = 3;
    private static final Duration PACE = Duration.ofMillis(20);
    private static final Duration STATUS_INTERVAL = Duration.ofMillis(200);
    /** Many status intervals, so that nothing but a message that never comes again outlasts it. */
    private static final Duration TIMEOUT = STATUS_INTERVAL.multipliedBy(120);

    /** Whose numbers they are, in the order of their deaths. */
    private final List<Integer> dead = new ArrayList<>();

    private final double loss;

    LossesRun(long number) {
        super(number, 4, 4, 5, 6, 7);
        for (int death = random.between(0, faults()); death > 0; death--) {
            dead.add(random.chance(0.5) ? dead.size() : random.below(replicas));
        }
        this.loss = random.between(5, 20) / 100.0;
    }

    @Override
    public String describe() {
        return replicas + " replicas, loss " + loss + ", dying " + dead;
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
        for (int dies : dead) {
            cluster.run(Duration.ofMillis(random.between(1, 500)));
            cluster.crash(dies);
        }
        await(cluster, calls);
        long views = cluster.votes().highestView();
        if (views > firstOfTheLiving()) {
            throw new SimulationFailure(
                    "view " + views + " was asked for: losses of " + loss + " have not been harmless");
        }
        cluster.loseNoMore();
        converge(cluster);
    }

    /** The first view with a primary that lives. */
    private int firstOfTheLiving() {
        int first = 0;
        while (dead.contains(first)) {
            first++;
        }
        return first;
    }
}
