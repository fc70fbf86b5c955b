package dev.atlas.it.sim.swarm;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.it.sim.byzantine.Liar;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import dev.atlas.replica.config.DurabilityMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Lost messages and nothing else, or up to f replicas besides that are dead, withhold, or have lost their disks, so that all others are needed, or some that start
 * again from their disks soon: STATUS makes every loss short of a partition harmless, and no view is lost to them but those of dead primaries, and one for a learner
 * to vote again. A swarm hardly sees a retransmission that is missing, since view changes make up for it in the end.
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

    private final Map<Integer, Liar.Habits> withholders = new TreeMap<>();
    private final int restarts;

    /** Who loses its disk, and votes again after a while. */
    private final OptionalInt wiped;

    private final double loss;

    LossesRun(long number) {
        super(number, 4, 4, 5, 6, 7);
        int faulty = random.between(0, faults());
        while (dead.size() + withholders.size() < faulty) {
            int next = random.chance(0.5) ? firstFrom(0, this::isFaulty) : random.below(replicas);
            if (isFaulty(next)) {
                continue;
            }
            if (next > faults() && random.chance(0.5)) { // never a primary here: a slow one is not left for it
                withholders.put(next, Liar.Habits.withholder(random));
            } else {
                dead.add(next);
            }
        }
        this.restarts = random.chance(0.5) ? random.between(1, 3) : 0;
        this.loss = random.between(5, 20) / 100.0;
        int other = random.below(replicas);
        this.wiped = faulty < faults() && !isFaulty(other) && random.chance(0.5)
                ? OptionalInt.of(other)
                : OptionalInt.empty();
    }

    @Override
    public String describe() {
        return replicas + " replicas, loss " + loss + ", dying " + dead + ", withholding " + withholders.keySet() + ", "
                + restarts + " restarts" + (wiped.isPresent() ? ", wiped " + wiped.getAsInt() : "");
    }

    @Override
    SimCluster cluster() {
        SimOptions options = SimOptions.of(replicas)
                .ordering(PbftConfig.defaults()
                        .withCheckpointPeriod(random.between(4, 16))
                        .withPipelineDepth(random.between(1, 4))
                        .withViewTimeout(TIMEOUT, TIMEOUT.multipliedBy(2)))
                .requests(PreProcessingConfig.defaults().withRequestTimeout(TIMEOUT))
                .durability(restarts > 0 || wiped.isPresent() ? DurabilityMode.STRICT : DurabilityMode.NONE)
                .liars(withholders)
                .messageLoss(loss);
        return SimCluster.start(options, random.nextLong());
    }

    @Override
    void play(SimCluster cluster) {
        List<SimProcess.Outcome<Integer>> calls = call(cluster, CALLS, KEYS, PACE, "caller ");
        for (int dies : dead) {
            cluster.run(soon());
            cluster.crash(dies);
        }
        for (int restart = 0; restart < restarts; restart++) {
            restartSoon(cluster, random.below(replicas));
        }
        wiped.ifPresent(number -> {
            cluster.run(soon());
            cluster.crash(number);
            cluster.wipe(number);
            cluster.run(soon());
            cluster.restart(number);
        });
        await(cluster, calls);
        wiped.ifPresent(number -> awaitVoter(cluster, number));
        long views = cluster.votes().highestView();
        if (views > lastView()) {
            throw new SimulationFailure(
                    "view " + views + " was asked for: losses of " + loss + " have not been harmless");
        }
        cluster.loseNoMore();
        converge(cluster);
    }

    private void restartSoon(SimCluster cluster, int number) {
        cluster.run(soon());
        if (!isFaulty(number)) {
            cluster.crash(number);
            cluster.run(soon());
            cluster.restart(number);
        }
    }

    private static void awaitVoter(SimCluster cluster, int number) {
        if (!cluster.run(ENOUGH, () -> cluster.isUp(number))) {
            throw new SimulationFailure("replica " + number + " does not come back");
        }
        long end = cluster.scheduler().nowNanos() + ENOUGH.toNanos();
        while (cluster.status(number).orchestrator().ordering().learner()) {
            if (cluster.scheduler().nowNanos() > end) {
                throw new SimulationFailure("replica " + number + " does not vote again");
            }
            cluster.run(STATUS_INTERVAL);
        }
    }

    private Duration soon() {
        return Duration.ofMillis(random.between(1, 500));
    }

    /** The first with a primary that votes from the beginning, and for a learner to vote again the next with one that is there. */
    private int lastView() {
        int first = firstFrom(0, number -> isFaulty(number) || wiped.equals(OptionalInt.of(number)));
        return wiped.isEmpty() ? first : firstFrom(first + 1, view -> isFaulty(view % replicas));
    }

    private static int firstFrom(int from, IntPredicate without) {
        return IntStream.iterate(from, number -> number + 1)
                .filter(without.negate())
                .findFirst()
                .orElseThrow();
    }

    private boolean isFaulty(int number) {
        return dead.contains(number) || withholders.containsKey(number);
    }
}
