package dev.atlas.it.sim.swarm;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.replica.config.DurabilityMode;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * All replicas lose power at once, again and again, under load, with some of them cut off and behind the logs of the others; up to f never come back. What the
 * disks of the others hold together must be enough to go on from, whenever it happens.
 */
final class PowerRun extends ScriptedRun {

    private static final int ROUNDS = 5;
    private static final int CALLS = 30;
    private static final int KEYS = 5;
    private static final Duration PACE = Duration.ofMillis(2);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(200);

    private final int period;
    private final boolean isDivisible;

    /** Not to be started again after the next loss of power. */
    private final TreeSet<Integer> dying = new TreeSet<>();

    PowerRun(long number) {
        super(number, 4, 4, 5, 7);
        this.period = random.between(1, 3);
        this.isDivisible = random.chance(0.5);
    }

    @Override
    public String describe() {
        return replicas + " replicas, a checkpoint at each " + period + (isDivisible ? ", a divisible state" : "");
    }

    @Override
    SimCluster cluster() {
        SimOptions options = SimOptions.of(replicas)
                .ordering(PbftConfig.defaults().withCheckpointPeriod(period))
                .divisible(isDivisible)
                .durability(DurabilityMode.STRICT);
        return SimCluster.start(options, random.nextLong());
    }

    @Override
    void play(SimCluster cluster) {
        for (int round = 0; round < ROUNDS; round++) {
            List<SimProcess.Outcome<Integer>> calls = call(cluster, CALLS, KEYS, PACE, "round " + round + " ");
            cutOff(cluster, random.below(faults() + 1));
            cluster.run(wait(random.chance(0.5) ? 1 : 4));
            if (random.chance(0.5)) {
                cluster.heal();
                cutOff(cluster, random.below(faults() + 1));
                cluster.run(wait(1));
            }
            if (dying.size() < faults() && random.chance(0.4)) {
                dying.add(random.below(replicas));
            }
            loseAllPower(cluster);
            cluster.heal();
            await(cluster, calls);
            if (random.chance(0.3)) {
                converge(cluster);
            }
        }
        converge(cluster);
    }

    private Duration wait(int times) {
        return Duration.ofNanos(random.below(times * LONGEST_WAIT.toNanos()) + 1);
    }

    private void cutOff(SimCluster cluster, int few) {
        TreeSet<Integer> away = new TreeSet<>();
        while (away.size() < few) {
            away.add(random.below(replicas));
        }
        List<Integer> others = IntStream.range(0, replicas)
                .filter(number -> !away.contains(number))
                .boxed()
                .toList();
        cluster.partition(List.copyOf(away), others);
    }

    /** They come back one by one, in any order. */
    private void loseAllPower(SimCluster cluster) {
        List<Integer> all = IntStream.range(0, replicas).boxed().toList();
        all.forEach(cluster::crash);
        AtomicInteger away = new AtomicInteger(replicas - dying.size());
        for (int number : all) {
            if (!dying.contains(number)) {
                cluster.scheduler().after(wait(1).toNanos(), () -> {
                    cluster.restart(number);
                    away.decrementAndGet();
                });
            }
        }
        cluster.run(ENOUGH, () -> away.get() == 0);
    }
}
