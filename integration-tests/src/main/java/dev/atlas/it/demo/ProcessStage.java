package dev.atlas.it.demo;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.cluster.ProcessCluster;
import dev.atlas.it.cluster.ProcessOptions;
import dev.atlas.it.cluster.ProcessStatus;
import dev.atlas.it.cluster.Served;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.replica.config.DurabilityMode;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A process for each replica, with records on disk. Kills are SIGKILLs, and whoever was killed is started again with the same command; in the end all are
 * ended together, and one loses its disk.
 */
final class ProcessStage implements Stage {

    /** Shorter than the library's default, so that a replica without a disk, which waits for two windows, need not wait long. */
    private static final int CHECKPOINT_PERIOD = 100;

    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final DurabilityMode durability;
    private final SystemEnvironment environment;
    private final ProcessCluster cluster;
    private final SmrClient<KeyValueRequest, KeyValueReply> client;

    ProcessStage(DemoOptions options) throws IOException {
        this.durability = options.durability();
        this.environment = SystemEnvironment.create("demo");
        try {
            this.cluster = ProcessCluster.start(
                    environment,
                    ProcessOptions.of(new Served.Store(options.executor()))
                            .replicas(options.replicas())
                            .durability(durability)
                            .checkpointPeriod(CHECKPOINT_PERIOD));
        } catch (IOException | RuntimeException failure) {
            environment.close();
            throw failure;
        }
        this.client = cluster.client(ClientConfig.defaults(), KeyValueRequest.CODEC, KeyValueReply.CODEC);
    }

    @Override
    public String describe() {
        return "each in a process, durability " + durability.name().toLowerCase(Locale.ROOT) + " in "
                + cluster.directory();
    }

    @Override
    public Environment environment() {
        return environment;
    }

    @Override
    public SmrClient<KeyValueRequest, KeyValueReply> client() {
        return client;
    }

    @Override
    public int leader() throws IOException {
        return cluster.statuses().values().stream()
                .collect(Collectors.groupingBy(ProcessStatus::leader, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    @Override
    public List<Integer> running() {
        return List.copyOf(cluster.running());
    }

    @Override
    public void killOne(int number) throws Exception {
        cluster.kill(Set.of(number));
        environment.sleep(AWAY);
        System.out.println("starting replica " + number + " again");
        cluster.restart(Set.of(number));
    }

    @Override
    public List<String> trials() throws Exception {
        System.out.println("waiting until every replica votes and has everything");
        cluster.awaitEqualVoters(PATIENCE);
        return List.of(endAllAtOnce(), loseADisk());
    }

    /** Who forgets what was not synced must not be killed together with all others: they would all be learners, and nobody would teach them. */
    private String endAllAtOnce() throws Exception {
        Set<Integer> all = cluster.all();
        boolean kill = durability == DurabilityMode.STRICT;
        String what = kill ? "killing all replicas at once" : "stopping all replicas in order";
        System.out.println(what + ", and starting them again");
        if (kill) {
            cluster.kill(all);
        } else {
            cluster.stop(all);
        }
        long start = now();
        cluster.restart(all);
        double listening = secondsSince(start);
        client.execute(new KeyValueRequest.Get(ByteString.copyFromUtf8("are you there?")));
        return String.format(
                Locale.ROOT,
                "%s: all listened after %.1f s, first answer after %.1f s",
                kill ? "killed all at once" : "stopped all",
                listening,
                secondsSince(start));
    }

    private String loseADisk() throws Exception {
        int leader = leader();
        int victim = cluster.running().stream()
                .filter(number -> number != leader)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        System.out.println("killing replica " + victim + ", wiping its directory, and starting it again: a learner");
        cluster.kill(Set.of(victim));
        cluster.wipe(victim);
        long start = now();
        cluster.restart(Set.of(victim));
        cluster.await(
                "a learner",
                PATIENCE,
                () -> cluster.status(victim).filter(ProcessStatus::learner).isPresent());
        cluster.await("everything executed", PATIENCE, () -> {
            Map<Integer, ProcessStatus> statuses = cluster.statuses();
            ProcessStatus learner = statuses.get(victim);
            return learner != null && statuses.values().stream().allMatch(each -> each.stable() <= learner.executed());
        });
        double caughtUp = secondsSince(start);
        System.out.printf(
                Locale.ROOT, "replica %d has the state after %.1f s; waiting until it votes%n", victim, caughtUp);
        cluster.await(
                "a voter",
                PATIENCE,
                () -> cluster.status(victim).filter(status -> !status.learner()).isPresent());
        return String.format(
                Locale.ROOT,
                "replica %d lost its disk: had the state after %.1f s, voted after %.1f s",
                victim,
                caughtUp,
                secondsSince(start));
    }

    @Override
    public void awaitEqualStates(Duration deadline) throws Exception {
        cluster.awaitEqualVoters(deadline);
    }

    @Override
    public List<String> states() throws IOException {
        return cluster.statuses().values().stream()
                .map(status -> status.stateDigest().substring(0, 16) + " at " + status.executed())
                .distinct()
                .toList();
    }

    private long now() {
        return environment.clock().nanoTime();
    }

    private double secondsSince(long startNanos) {
        return (now() - startNanos) / 1e9;
    }

    @Override
    public void close() throws IOException {
        try {
            cluster.close();
        } finally {
            environment.close();
        }
    }
}
