package dev.atlas.it.sim.swarm;

import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.replica.config.StartMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes a run's faults happen at their times. */
final class Faults {

    private static final Duration LONGEST = Duration.ofSeconds(4);

    private final SimCluster cluster;
    private final SwarmOptions options;
    private final Randomness random;
    private final Coverage coverage;
    private final Consumer<String> told;
    private final List<String> hosts = new ArrayList<>();
    private final List<Integer> dead = new ArrayList<>();
    private int crashesLeft;
    private final DiskFaults disks;
    private boolean over;

    Faults(SimCluster cluster, SwarmOptions options, Randomness random, Coverage coverage, Consumer<String> told) {
        this.cluster = cluster;
        this.options = options;
        this.random = random;
        this.coverage = coverage;
        this.told = told;
        this.crashesLeft = options.crashes();
        this.disks = new DiskFaults(cluster, options.cluster().durability(), this, random.split("disks"), coverage);
        for (int number = 0; number < options.cluster().replicas(); number++) {
            hosts.add(SimCluster.host(number));
        }
        for (int number = 0; number < options.clients(); number++) {
            hosts.add("client-" + number);
        }
    }

    void plan() {
        List<Fault> kinds = List.copyOf(options.kinds());
        for (int count = 0; count < options.faults(); count++) {
            Fault kind = kinds.get(random.below(kinds.size()));
            cluster.scheduler().after(random.below(options.safety().toNanos()), () -> {
                if (!over) {
                    happen(kind);
                }
            });
        }
    }

    /**
     * Nothing more happens, and what can be healed is: the network, the disks, and the clocks, as a cluster whose clocks
     * are further apart than {@code maxDrift} may wait that long for each decision.
     */
    void end() {
        over = true;
        cluster.network().healAll();
        cluster.network().quality(options.latency(), options.jitter(), options.bytesPerSecond());
        cluster.loseNoMore();
        cluster.setClocks();
        told.accept("faults end");
        disks.end();
    }

    /** Numbers of the replicas that have forgotten what they said, or are gone. */
    List<Integer> dead() {
        return List.copyOf(dead);
    }

    private void happen(Fault kind) {
        switch (kind) {
            case PARTITION -> cut(some(), true);
            case ONE_WAY_CUT -> cut(some(), false);
            case SWIZZLE -> swizzle();
            case RESETS -> {
                int resets = random.between(1, 6);
                for (int count = 0; count < resets && cluster.network().resetOne(); count++) {
                    happened(kind, "connection " + count);
                }
            }
            case SLOW_LINK -> slowLink();
            case PAUSE -> {
                int number = random.below(options.cluster().replicas());
                Duration duration = duration();
                happened(kind, number + " for " + duration);
                cluster.pause(number, duration);
            }
            case CLOCK_JUMP -> {
                int number = random.below(options.cluster().replicas());
                Duration by = Duration.ofMillis(random.between(-60_000L, 60_000L));
                happened(kind, number + " by " + by);
                cluster.jump(number, by);
            }
            case CRASH -> crash();
            case RETURN_AS_LEARNER -> crash();
            case RESTART -> one().ifPresent(disks::restart);
            case POWER_LOSS -> disks.powerLoss();
            case CLOSE_AND_START -> one().ifPresent(disks::closeAndStart);
            case DISK_FAILURE -> one().ifPresent(disks::fail);
            case BIT_FLIP -> {
                Optional<Integer> victim =
                        one().filter(number -> crashesLeft > 0 && !disks.isAway(number) && cluster.isUp(number));
                victim.ifPresent(number -> {
                    crashesLeft--;
                    dead.add(number);
                    disks.flipBit(number);
                });
            }
        }
    }

    private void cut(List<String> group, boolean bothWays) {
        List<String> others = new ArrayList<>(hosts);
        others.removeAll(group);
        happened(bothWays ? Fault.PARTITION : Fault.ONE_WAY_CUT, group + " from " + others);
        cluster.network().cut(group, others);
        if (bothWays) {
            cluster.network().cut(others, group);
        }
        later(() -> {
            cluster.network().heal(group, others);
            cluster.network().heal(others, group);
            told.accept("healed " + group);
        });
    }

    private void swizzle() {
        List<String> group = some();
        happened(Fault.SWIZZLE, group.toString());
        for (String host : group) {
            cluster.scheduler().after(random.below(1_000_000_000L), () -> {
                if (!over) {
                    cluster.network().cut(List.of(host), hosts);
                    cluster.network().cut(hosts, List.of(host));
                    later(() -> {
                        cluster.network().heal(List.of(host), hosts);
                        cluster.network().heal(hosts, List.of(host));
                    });
                }
            });
        }
    }

    private void slowLink() {
        String from = hosts.get(random.below(hosts.size()));
        String to = hosts.get(random.below(hosts.size()));
        Duration latency = Duration.ofMillis(random.between(50, 1_500));
        happened(Fault.SLOW_LINK, from + " to " + to + " " + latency);
        cluster.network().quality(from, to, latency, latency, random.between(1_000L, 100_000L));
    }

    /** Any correct replica that remembers what it said. */
    private Optional<Integer> one() {
        int number = random.below(options.cluster().replicas());
        return dead.contains(number) || isByzantine(number) ? Optional.empty() : Optional.of(number);
    }

    private void crash() {
        int number = random.below(options.cluster().replicas());
        if (crashesLeft > 0 && !dead.contains(number) && !isByzantine(number) && !disks.isAway(number)) {
            crashesLeft--;
            dead.add(number);
            happened(Fault.CRASH, String.valueOf(number));
            cluster.crash(number);
            if (options.kinds().contains(Fault.RETURN_AS_LEARNER)) {
                later(this::comeBack);
            }
        }
    }

    private boolean isByzantine(int number) {
        return options.cluster().liars().containsKey(number)
                || options.cluster().twins().contains(number);
    }

    private void comeBack() {
        for (int number : dead) {
            if (!cluster.isRunning(number) && !disks.isAway(number)) {
                happened(Fault.RETURN_AS_LEARNER, String.valueOf(number));
                disks.forget(number);
                cluster.start(number, StartMode.LEARNER);
                return;
            }
        }
    }

    void later(Runnable repair) {
        cluster.scheduler().after(duration(), () -> {
            if (!over) {
                repair.run();
            }
        });
    }

    Duration duration() {
        return Duration.ofNanos(1 + random.below(LONGEST.toNanos()));
    }

    private List<String> some() {
        List<String> group = new ArrayList<>();
        while (group.isEmpty() || group.size() == hosts.size()) {
            group.clear();
            double share = random.below(100) / 100.0;
            hosts.stream().filter(host -> random.chance(share)).forEach(group::add);
        }
        return group;
    }

    void happened(Fault kind, String what) {
        coverage.count(kind.name());
        told.accept(kind + " " + what);
    }
}
