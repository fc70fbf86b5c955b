package dev.atlas.it.bench;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.cluster.ProcessCluster;
import dev.atlas.it.cluster.ProcessOptions;
import dev.atlas.it.cluster.Served;
import dev.atlas.net.concurrent.TaskScope;
import dev.atlas.net.env.SystemEnvironment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * A replica loses its disk under load: how long it takes to have a large state again and to vote, at what speed compared with a bare copy over TLS, with how
 * much memory, and what the others serve meanwhile; in a new JVM, and in the same one, which has compiled its code by then. Then, how long a replica takes from its start to its first vote when it has its disk.
 */
final class TransferBench {

    private static final int FILL_CALLERS = 64;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration SAMPLES = Duration.ofMillis(20);

    private final TransferSettings settings;
    private final SystemEnvironment environment;
    private final ProcessCluster cluster;
    private final SmrClient<KeyValueRequest, KeyValueReply> client;
    private final LongAdder answers = new LongAdder();
    private final ConcurrentSkipListMap<Instant, Long> answersAt = new ConcurrentSkipListMap<>();
    private volatile boolean over;

    /** What three of four served while nothing was fetched. */
    private double threeBefore;

    /** From one request of a caller to the next, if the answer is here by then. */
    private volatile double nanosPerRequest;

    private TransferBench(TransferSettings settings, SystemEnvironment environment, ProcessCluster cluster) {
        this.settings = settings;
        this.environment = environment;
        this.cluster = cluster;
        this.client = cluster.client(
                ClientConfig.defaults().withDeadline(PATIENCE), KeyValueRequest.CODEC, KeyValueReply.CODEC);
    }

    static void run(TransferSettings settings) throws Exception {
        System.out.println("transfer: " + settings.describe());
        System.out.println("machine: " + OrderedBench.machine());
        try (SystemEnvironment environment = SystemEnvironment.create("bench")) {
            long bytes = (long) settings.megabytes() << 20;
            double bare = TlsCopy.bytesPerSecond(environment, bytes);
            System.out.printf(Locale.ROOT, "bare TLS copy: %.0f MB/s%n", bare / 1e6);
            try (ProcessCluster cluster = ProcessCluster.start(
                    environment,
                    settings.directory(),
                    ProcessOptions.of(new Served.Store(settings.executor()))
                            .durability(settings.durability())
                            .checkpointPeriod(settings.checkpointPeriod())
                            .servingShare(settings.servingShare())
                            .javaOptions(
                                    "-Xmx" + settings.heapMegabytes() + "m",
                                    "-Dorg.slf4j.simpleLogger.showDateTime=true",
                                    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX"))) {
                TransferBench bench = new TransferBench(settings, environment, cluster);
                bench.fill();
                int victim = bench.anotherThanTheLeader();
                System.out.println("in a new JVM");
                bench.loseADisk(victim, bare, true);
                for (int time = 0; time < settings.again(); time++) {
                    System.out.println("in the same JVM again");
                    bench.loseADisk(victim, bare, false);
                }
                bench.restart();
            }
        }
    }

    private void fill() throws Exception {
        long start = now();
        AtomicLong next = new AtomicLong();
        try (TaskScope scope = TaskScope.open(environment, "fill")) {
            for (int caller = 0; caller < FILL_CALLERS; caller++) {
                Random random = new Random(caller);
                scope.fork(() -> {
                    byte[] value = new byte[settings.valueBytes()];
                    for (long entry = next.getAndIncrement(); entry < settings.entries(); ) {
                        random.nextBytes(value);
                        client.execute(new KeyValueRequest.Put(key(entry), ByteString.copyFrom(value)));
                        entry = next.getAndIncrement();
                    }
                    return true;
                });
            }
            scope.join();
        }
        System.out.printf(Locale.ROOT, "filled in %.0f s%n", secondsSince(start));
        cluster.awaitEqualVoters(PATIENCE);
        memory("filled");
    }

    private void loseADisk(int victim, double bareBytesPerSecond, boolean inNewJvm) throws Exception {
        underLoad(() -> {
            System.out.printf(Locale.ROOT, "four replicas: %.0f op/s%n", load());
            double before = settings.load() * (inNewJvm ? loadOfThree(victim) : threeBefore);
            if (settings.load() < 1) {
                nanosPerRequest = settings.callers() * 1e9 / before;
                environment.sleep(Duration.ofSeconds(1));
                before = load();
                System.out.printf(Locale.ROOT, "%s of that: %.0f op/s%n", settings.load(), before);
            }
            long start = now();
            Instant since = Instant.now();
            if (inNewJvm) {
                cluster.restart(Set.of(victim));
            } else {
                cluster.renew(victim);
            }
            double ready = secondsSince(start);
            Instant begun = awaitTransfer(victim, since);
            await(() -> said(victim, " has the state at ", since).isPresent());
            Instant ended = said(victim, " has the state at ", since).orElseThrow();
            double took = seconds(begun, ended);
            double speed = ((long) settings.megabytes() << 20) / took;
            double meanwhile = (answersUntil(ended) - answersUntil(begun)) / took;
            System.out.printf(
                    Locale.ROOT,
                    "state fetched and installed in %.1f s (listening after %.1f s, begun after %.1f s): %.0f MB/s, %.2f of the bare copy%n",
                    took,
                    ready,
                    seconds(since, begun),
                    speed / 1e6,
                    speed / bareBytesPerSecond);
            if (before > 0) {
                System.out.printf(
                        Locale.ROOT,
                        "the others meanwhile: %.0f op/s, %.2f of before%n",
                        meanwhile,
                        meanwhile / before);
            }
            memory("after the transfer");
            await(() ->
                    cluster.status(victim).filter(status -> !status.learner()).isPresent());
            System.out.printf(Locale.ROOT, "a voter again %.1f s after its start%n", secondsSince(start));
            return true;
        });
        cluster.awaitEqualVoters(PATIENCE);
    }

    private double loadOfThree(int victim) throws Exception {
        cluster.kill(Set.of(victim));
        environment.sleep(Duration.ofSeconds(1));
        threeBefore = load();
        System.out.printf(Locale.ROOT, "three replicas: %.0f op/s%n", threeBefore);
        cluster.wipe(victim);
        return threeBefore;
    }

    /** A log that reaches back to the beginning would be fetched instead, and something else measured. */
    private Instant awaitTransfer(int victim, Instant since) throws Exception {
        String begins = " fetches the state at ";
        await(() -> said(victim, begins, since).isPresent()
                || cluster.status(victim).filter(status -> !status.learner()).isPresent());
        return said(victim, begins, since)
                .orElseThrow(() -> new IllegalStateException(
                        "atlas.bench.period: the others' logs still hold everything; choose a shorter"
                                + " checkpoint period than " + settings.checkpointPeriod() + ", or more megabytes"));
    }

    /** With two away nothing can be ordered, so the first answer after a start is one that the started replica has voted for. */
    private void restart() throws Exception {
        int first = anotherThanTheLeader();
        int second = cluster.running().stream()
                .filter(number -> number != first)
                .findFirst()
                .orElseThrow();
        cluster.kill(Set.of(first, second));
        long start = now();
        cluster.restart(Set.of(first));
        double ready = secondsSince(start);
        client.execute(new KeyValueRequest.Put(key(0), ByteString.EMPTY));
        System.out.printf(
                Locale.ROOT,
                "restart with the disk: listening after %.1f s, first answer that needs its vote after %.1f s%n",
                ready,
                secondsSince(start));
    }

    /** When the replica's log first says so. Its status would tell it late: that is asked of the executor, which may be installing. */
    private Optional<Instant> said(int replica, String what, Instant since) throws IOException {
        return cluster.output(replica)
                .lines()
                .filter(line -> line.contains(what))
                .map(line -> OffsetDateTime.parse(line.substring(0, line.indexOf(' ')))
                        .toInstant())
                .filter(said -> !said.isBefore(since))
                .findFirst();
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e9;
    }

    private long answersUntil(Instant time) {
        Map.Entry<Instant, Long> sample = answersAt.floorEntry(time);
        return sample == null ? 0 : sample.getValue();
    }

    private boolean sample() throws InterruptedException {
        while (!over) {
            answersAt.put(Instant.now(), answers.sum());
            environment.sleep(SAMPLES);
        }
        return true;
    }

    private void underLoad(Callable<Boolean> trial) throws Exception {
        over = false;
        nanosPerRequest = 0;
        try (TaskScope scope = TaskScope.open(environment, "callers")) {
            scope.fork(this::sample);
            for (int caller = 0; caller < settings.callers(); caller++) {
                ByteString key = ByteString.copyFromUtf8("load" + caller);
                scope.fork(() -> call(key));
            }
            trial.call();
            over = true;
            scope.join();
        }
    }

    private boolean call(ByteString key) throws Exception {
        while (!over) {
            long begun = now();
            client.execute(new KeyValueRequest.Put(key, key));
            answers.increment();
            long early = (long) nanosPerRequest - (now() - begun);
            if (early > 0) {
                environment.sleep(Duration.ofNanos(early));
            }
        }
        return true;
    }

    private double load() throws InterruptedException {
        long before = answers.sum();
        long start = now();
        environment.sleep(Duration.ofSeconds(settings.seconds()));
        return (answers.sum() - before) / secondsSince(start);
    }

    private void await(Callable<Boolean> condition) throws Exception {
        long end = now() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (now() > end) {
                throw new AssertionError("not within " + PATIENCE + "\n" + cluster.describe());
            }
            environment.sleep(POLL);
        }
    }

    private int anotherThanTheLeader() throws IOException {
        int leader = cluster.statuses().values().iterator().next().leader();
        return cluster.running().stream()
                .filter(number -> number != leader)
                .reduce((left, right) -> right)
                .orElseThrow();
    }

    private void memory(String when) throws IOException {
        List<String> each = new ArrayList<>();
        for (int number : cluster.running()) {
            Optional<Long> most = mostResidentMegabytes(cluster.process(number).pid());
            each.add(number + ": " + most.map(megabytes -> megabytes + " MB").orElse("unknown"));
        }
        System.out.println("most memory resident in each replica, " + when + ": " + String.join(", ", each));
    }

    /** Where the system tells it. */
    private static Optional<Long> mostResidentMegabytes(long process) throws IOException {
        Path status = Path.of("/proc", Long.toString(process), "status");
        if (!Files.exists(status)) {
            return Optional.empty();
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst();
    }

    private static ByteString key(long number) {
        return ByteString.copyFrom(
                ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    }

    private long now() {
        return environment.clock().nanoTime();
    }

    private double secondsSince(long startNanos) {
        return (now() - startNanos) / 1e9;
    }
}
