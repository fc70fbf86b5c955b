package dev.atlas.it.sim.swarm;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.it.sim.byzantine.Liar;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.SimProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Replicas that are away until no log holds what they have missed, and sources of states that lie: whoever comes back has the certified
 * state in the end, and the others have served meanwhile.
 */
final class SourcesRun extends ScriptedRun {

    private static final int ROUNDS = 3;
    private static final int KEYS = 5;
    private static final Duration PACE = Duration.ofMillis(2);

    /** They have the lowest numbers: who asks asks them first. */
    private final int liars;

    private final int period;
    private final double falsify;
    private final boolean isDivisible;

    SourcesRun(long number) {
        super(number, 4, 4, 5, 7);
        this.liars = faults();
        this.period = random.between(2, 6);
        this.falsify = random.between(20, 100) / 100.0;
        this.isDivisible = random.split("parts").chance(0.5);
    }

    @Override
    public String describe() {
        return replicas + " replicas, a checkpoint at each " + period + ", false answers " + falsify
                + (isDivisible ? ", a divisible state" : "");
    }

    @Override
    SimCluster cluster() {
        Map<Integer, Liar.Habits> habits = new TreeMap<>();
        for (int number = 0; number < liars; number++) {
            habits.put(number, Liar.Habits.falseSource(falsify));
        }
        SimOptions options = SimOptions.of(replicas)
                .ordering(PbftConfig.defaults().withCheckpointPeriod(period))
                .divisible(isDivisible)
                .liars(habits);
        return SimCluster.start(options, random.nextLong());
    }

    @Override
    void play(SimCluster cluster) {
        for (int round = 0; round < ROUNDS; round++) {
            int absent = liars + random.below(replicas - liars);
            List<Integer> others = new ArrayList<>();
            for (int number = 0; number < replicas; number++) {
                if (number != absent) {
                    others.add(number);
                }
            }
            cluster.partition(List.of(absent), others);
            await(cluster, call(cluster, 5 * period, KEYS, PACE, "missed " + round + " "));
            cluster.heal();
            List<SimProcess.Outcome<Integer>> calls = call(cluster, period, KEYS, PACE, "back " + round + " ");
            await(cluster, calls);
            converge(cluster);
        }
    }
}
