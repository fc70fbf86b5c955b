package dev.atlas.it.sim.swarm;

import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import dev.atlas.replica.config.DurabilityMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Restarts of replicas with their disks, and what happens to the disks. Whoever is down comes back, at the latest when the faults end. */
final class DiskFaults {

    private static final Duration CLOSING = Duration.ofMinutes(2);
    private static final Duration BOOTING = Duration.ofSeconds(30);
    private static final long LOOK_NANOS = 20_000_000;

    private final SimCluster cluster;
    private final DurabilityMode durability;
    private final Faults faults;
    private final Randomness random;
    private final Coverage coverage;

    /** Killed, and to be started again with what is on its disk. */
    private final TreeSet<Integer> down = new TreeSet<>();

    private final TreeSet<Integer> closing = new TreeSet<>();
    private final TreeSet<Integer> broken = new TreeSet<>();

    /** Whose disk may be refused, and is replaced then. */
    private final TreeSet<Integer> damaged = new TreeSet<>();

    DiskFaults(SimCluster cluster, DurabilityMode durability, Faults faults, Randomness random, Coverage coverage) {
        this.cluster = cluster;
        this.durability = durability;
        this.faults = faults;
        this.random = random;
        this.coverage = coverage;
    }

    /** Whether something is done to the replica that must be over before anything else is. */
    boolean isAway(int number) {
        return down.contains(number) || closing.contains(number) || broken.contains(number) || damaged.contains(number);
    }

    void restart(int number) {
        if (!isAway(number)) {
            faults.happened(Fault.RESTART, String.valueOf(number));
            kill(number);
            faults.later(() -> start(number));
        }
    }

    /** Learners too lose power; they are learners still. */
    void powerLoss() {
        List<Integer> victims = new ArrayList<>();
        for (int number : cluster.withDisks()) {
            if (cluster.isRunning(number) && !isAway(number)) {
                victims.add(number);
            }
        }
        faults.happened(Fault.POWER_LOSS, victims.toString());
        for (int number : victims) {
            kill(number);
            faults.later(() -> start(number));
        }
    }

    void closeAndStart(int number) {
        if (!isAway(number) && cluster.isUp(number)) {
            faults.happened(Fault.CLOSE_AND_START, String.valueOf(number));
            closing.add(number);
            cluster.close(number, () -> {
                closing.remove(number);
                down.add(number);
                faults.later(() -> start(number));
            });
        }
    }

    void fail(int number) {
        if (isAway(number)) {
            return;
        }
        String how = random.chance(0.5) ? "Input/output error" : "No space left on device";
        faults.happened(Fault.DISK_FAILURE, number + ": " + how);
        broken.add(number);
        cluster.disk(number).fail(how);
        faults.later(() -> repair(number));
    }

    void flipBit(int number) {
        faults.happened(Fault.BIT_FLIP, String.valueOf(number));
        cluster.crash(number);
        cluster.damage(number);
        damaged.add(number);
        cluster.restart(number);
        replaceRefused(number);
    }

    /** A replica that comes back as a learner has an empty disk, unless its votes were only written behind. */
    void forget(int number) {
        if (durability == DurabilityMode.STRICT || (durability == DurabilityMode.OPTIMISTIC && random.chance(0.5))) {
            cluster.wipe(number);
            coverage.count("disks wiped");
        }
    }

    /** Everybody comes back, and who is being closed finishes that: killed instead, it would have forgotten its votes in OPTIMISTIC. */
    void end() {
        cluster.run(CLOSING, closing::isEmpty);
        if (!closing.isEmpty()) {
            throw new SimulationFailure(closing + " do not close");
        }
        for (int number : cluster.withDisks()) {
            start(number);
            repair(number);
        }
        if (!cluster.run(
                BOOTING,
                () -> damaged.isEmpty()
                        && cluster.withDisks().stream()
                                .allMatch(number -> !cluster.isRunning(number) || cluster.isUp(number)))) {
            throw new SimulationFailure("replicas with disks do not start; refused: "
                    + cluster.withDisks().stream().filter(cluster::isRefused).toList() + ", up: "
                    + cluster.withDisks().stream().filter(cluster::isUp).toList() + ", damaged: " + damaged);
        }
    }

    private void kill(int number) {
        cluster.crash(number);
        down.add(number);
    }

    private void start(int number) {
        if (down.remove(number)) {
            cluster.restart(number);
        }
    }

    /** By now it has stopped, if it has tried to write: nothing that could not be written has been said. */
    private void repair(int number) {
        if (broken.remove(number)) {
            if (cluster.disk(number).failures() > 0) {
                coverage.count("stopped by their disk");
            }
            cluster.crash(number);
            cluster.disk(number).repair();
            cluster.restart(number);
        }
    }

    /** Once it has read its disk. */
    private void replaceRefused(int number) {
        cluster.scheduler().after(LOOK_NANOS, () -> {
            if (cluster.isRefused(number)) {
                coverage.count("damaged disks refused");
                cluster.crash(number);
                cluster.wipe(number);
                cluster.restart(number);
            }
            if (cluster.isUp(number)) {
                damaged.remove(number);
            } else {
                replaceRefused(number);
            }
        });
    }
}
