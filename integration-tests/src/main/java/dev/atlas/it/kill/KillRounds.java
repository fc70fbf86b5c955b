package dev.atlas.it.kill;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.cluster.ExecutorChoice;
import dev.atlas.it.cluster.ProcessCluster;
import dev.atlas.it.cluster.ProcessOptions;
import dev.atlas.it.cluster.ProcessStatus;
import dev.atlas.it.cluster.Served;
import dev.atlas.net.concurrent.TaskScope;
import dev.atlas.net.env.SystemEnvironment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Rounds of SIGKILL on four processes with real disks, under load: one replica, two at once, or all; each started again with what it has. Nothing acknowledged
 * may be lost, what clients see must be linearizable, and in the end all replicas vote and have the same state.
 *
 * <p>{@code mvn -q -Pkill -Datlas.kill.rounds=200 -Datlas.kill.all=20}. Exit code 0 if all held, 1 if not, 2 for options that make no sense.
 */
public final class KillRounds {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ROUNDS_PER_CHAPTER = 10;
    private static final int MOST_LOAD_MILLIS = 600;
    private static final int MOST_AWAY_MILLIS = 500;

    private final KillSettings settings;
    private final SystemEnvironment environment;
    private final ProcessCluster cluster;
    private final Load load;
    private final Random random;
    private final List<Duration> recoveries = new ArrayList<>();
    private final List<Duration> gaps = new ArrayList<>();
    private final List<Duration> gapsOfAll = new ArrayList<>();
    private int killed;

    private KillRounds(
            KillSettings settings, SystemEnvironment environment, ProcessCluster cluster, Load load, Random random) {
        this.settings = settings;
        this.environment = environment;
        this.cluster = cluster;
        this.load = load;
        this.random = random;
    }

    /** What came out; {@code wrong} is empty if all held. */
    public record Outcome(long answered, long unknown, int killed, List<String> wrong) {
        public Outcome {
            wrong = List.copyOf(wrong);
        }
    }

    public static void main(String[] arguments) throws Exception {
        try {
            Outcome outcome = run(KillSettings.from(System.getProperties()));
            outcome.wrong().forEach(System.err::println);
            System.exit(outcome.wrong().isEmpty() ? 0 : 1);
        } catch (IllegalArgumentException bad) {
            System.err.println(bad.getMessage());
            System.exit(2);
        }
    }

    public static Outcome run(KillSettings settings) throws Exception {
        System.out.printf(
                "kill: %d rounds, and %d of all at once, %d callers, a checkpoint every %d slots, durability %s, seed %d%n",
                settings.rounds(),
                settings.all(),
                settings.callers(),
                settings.checkpointPeriod(),
                KillSettings.DURABILITY,
                settings.seed());
        ProcessOptions options = ProcessOptions.of(new Served.Store(ExecutorChoice.SINGLE_MONOLITHIC))
                .durability(KillSettings.DURABILITY)
                .checkpointPeriod(settings.checkpointPeriod())
                .javaOptions("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        try (SystemEnvironment environment = SystemEnvironment.create("kill");
                ProcessCluster cluster = ProcessCluster.start(environment, options)) {
            try (SmrClient<KeyValueRequest, KeyValueReply> client = cluster.client(
                    ClientConfig.defaults().withDeadline(PATIENCE), KeyValueRequest.CODEC, KeyValueReply.CODEC)) {
                Load load = new Load(environment, client);
                KillRounds rounds = new KillRounds(settings, environment, cluster, load, new Random(settings.seed()));
                Outcome outcome = rounds.run();
                if (!outcome.wrong().isEmpty()) {
                    System.err.println("directories and output of the replicas are kept: " + cluster.keep());
                }
                return outcome;
            } catch (Exception | AssertionError failure) {
                System.err.println("directories and output of the replicas are kept: " + cluster.keep());
                throw failure;
            }
        }
    }

    private Outcome run() throws Exception {
        List<Boolean> rounds = new ArrayList<>(Collections.nCopies(settings.rounds(), false));
        rounds.addAll(Collections.nCopies(settings.all(), true));
        Collections.shuffle(rounds, random);
        List<String> wrong = new ArrayList<>();
        for (int first = 0; first < rounds.size() && wrong.isEmpty(); first += ROUNDS_PER_CHAPTER) {
            int last = Math.min(rounds.size(), first + ROUNDS_PER_CHAPTER);
            chapter(rounds.subList(first, last));
            cluster.awaitEqualVoters(PATIENCE);
            wrong.addAll(load.finishChapter());
            System.out.printf(
                    "%d rounds: %d kills, %d answers, %d calls of unknown outcome; %s%n",
                    last,
                    killed,
                    load.answered(),
                    load.unknown(),
                    wrong.isEmpty() ? "linearizable, nothing lost" : "WRONG");
        }
        summarise();
        return new Outcome(load.answered(), load.unknown(), killed, wrong);
    }

    private void chapter(List<Boolean> rounds) throws Exception {
        try (TaskScope scope = TaskScope.open(environment, "callers")) {
            load.begin();
            for (int caller = 0; caller < settings.callers(); caller++) {
                String name = "caller" + caller;
                Random choices = new Random(random.nextLong());
                scope.fork(() -> load.call(name, choices));
            }
            for (boolean all : rounds) {
                round(all);
            }
            load.end();
            scope.join();
        }
    }

    private void round(boolean all) throws Exception {
        environment.sleep(Duration.ofMillis(random.nextInt(MOST_LOAD_MILLIS)));
        Set<Integer> victims = all ? cluster.all() : some();
        cluster.kill(victims);
        killed += victims.size();
        environment.sleep(Duration.ofMillis(random.nextInt(MOST_AWAY_MILLIS)));
        long start = environment.clock().nanoTime();
        cluster.restart(victims);
        long answered = load.answered();
        cluster.await("an answer after a restart", PATIENCE, () -> load.answered() > answered);
        if (random.nextInt(4) > 0) {
            awaitRecovered(victims);
            recoveries.add(Duration.ofNanos(environment.clock().nanoTime() - start));
        }
        (all ? gapsOfAll : gaps).add(load.longestGap());
    }

    /** One, or now and then two: more than may fail at a time. */
    private Set<Integer> some() {
        List<Integer> candidates = new ArrayList<>(cluster.running());
        Collections.shuffle(candidates, random);
        return new TreeSet<>(candidates.subList(0, random.nextInt(5) == 0 ? 2 : 1));
    }

    /** They vote, and have executed what the others had when they came back. */
    private void awaitRecovered(Set<Integer> victims) throws Exception {
        long others = cluster.statuses().values().stream()
                .mapToLong(ProcessStatus::decided)
                .max()
                .orElse(0);
        cluster.await("recovered: " + victims, PATIENCE, () -> {
            for (int victim : victims) {
                if (cluster.status(victim)
                        .filter(status -> !status.learner() && status.executed() >= others)
                        .isEmpty()) {
                    return false;
                }
            }
            return true;
        });
    }

    private void summarise() {
        print("start to recovered", recoveries);
        print("longest time without an answer, one or two killed", gaps);
        print("longest time without an answer, all killed", gapsOfAll);
    }

    private static void print(String what, List<Duration> durations) {
        List<Duration> sorted = durations.stream().sorted().toList();
        if (!sorted.isEmpty()) {
            System.out.printf(
                    "%s: median %.2f s, longest %.2f s of %d%n",
                    what, seconds(sorted.get(sorted.size() / 2)), seconds(sorted.getLast()), sorted.size());
        }
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / (double) TimeUnit.SECONDS.toNanos(1);
    }
}
