package dev.atlas.it.demo;

import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.concurrent.TaskScope;
import dev.atlas.replica.config.DurabilityMode;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Stores every file of a directory in a replicated key/value store over TLS, kills replicas in the middle, reads everything back and compares. With durability,
 * the replicas are processes that come back, are then ended all at once, and one of them loses its disk.
 *
 * <p>Exit code 0 if every file came back as it was and the replicas' states are equal, 1 otherwise, 2 for input that it cannot take.
 */
public final class Demo {

    private static final Duration SETTLE = Duration.ofSeconds(60);
    private static final Duration LINE_EVERY = Duration.ofSeconds(1);

    private final DemoOptions options;
    private final Stage stage;
    private final SmrClient<KeyValueRequest, KeyValueReply> client;
    private final List<Path> files;
    private final long totalBytes;
    private final List<String> killed = new ArrayList<>();

    private Demo(DemoOptions options, Stage stage, List<Path> files, long totalBytes) {
        this.options = options;
        this.stage = stage;
        this.client = stage.client();
        this.files = files;
        this.totalBytes = totalBytes;
    }

    /** Runs the demo and exits. */
    public static void main(String[] arguments) throws Exception {
        System.exit(run());
    }

    private static int run() throws Exception {
        DemoOptions options;
        List<Path> files = new ArrayList<>();
        try {
            options = DemoOptions.from(System.getProperties(), checkout());
            collect(options.directory(), files);
        } catch (IllegalArgumentException bad) {
            System.err.println(bad.getMessage());
            return 2;
        }
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        try (Stage stage =
                options.durability() == DurabilityMode.NONE ? new LocalStage(options) : new ProcessStage(options)) {
            System.out.printf(
                    "%d replicas over TLS on loopback, %s, fresh keys, executor %s; storing %d files, %.1f MB of %s%n",
                    options.replicas(),
                    stage.describe(),
                    options.executor().text(),
                    files.size(),
                    bytes / 1e6,
                    options.directory().toAbsolutePath().normalize());
            return new Demo(options, stage, files, bytes).storeKillVerify();
        }
    }

    /** Programs run with their module as the working directory; the checkout is above it. */
    private static Path checkout() {
        Path here = Path.of("").toAbsolutePath();
        Path above = here.getParent();
        return here.endsWith("integration-tests") && above != null ? above : here;
    }

    private static void collect(Path directory, List<Path> files) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && Files.isReadable(file)) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                System.err.println("passed over: " + failure);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private int storeKillVerify() throws Exception {
        Progress storing = new Progress(stage.environment(), "stored", files.size());
        List<FileStore.Stored> stored = store(storing);
        List<String> trials = stage.trials();
        Progress reading = new Progress(stage.environment(), "read", stored.size());
        List<String> wrong = verify(reading, stored);
        if (stored.size() < files.size()) {
            wrong.add((files.size() - stored.size()) + " files changed or could not be read while they were stored");
        }
        String states = compareStates(wrong);
        summarise(storing, reading, trials, states, wrong);
        return wrong.isEmpty() ? 0 : 1;
    }

    private List<FileStore.Stored> store(Progress progress) throws Exception {
        FileStore store = new FileStore(client, progress);
        ConcurrentLinkedQueue<Path> queue = new ConcurrentLinkedQueue<>(files);
        ConcurrentLinkedQueue<FileStore.Stored> stored = new ConcurrentLinkedQueue<>();
        Path root = options.directory();
        try (Supervisor watch = new Supervisor(stage.environment(), "progress", LINE_EVERY.multipliedBy(2));
                TaskScope scope = TaskScope.open(stage.environment(), "store")) {
            watch.start("line", () -> printLines(progress));
            scope.fork(() -> {
                killInTheMiddle(progress, queue);
                return true;
            });
            for (int thread = 0; thread < options.threads(); thread++) {
                scope.fork(() -> {
                    for (Path file = queue.poll(); file != null; file = queue.poll()) {
                        try {
                            stored.add(store.store(root.relativize(file).toString(), file));
                        } catch (IOException unreadable) {
                            System.err.println("passed over: " + unreadable);
                        }
                    }
                    return true;
                });
            }
            scope.join();
        }
        System.out.println(progress.line(client.statistics().view()));
        return List.copyOf(stored);
    }

    /** A directory stored faster than this looks still has to survive its kills. */
    private void killInTheMiddle(Progress progress, Queue<Path> queue) throws Exception {
        for (int kill = 0; kill < options.kills(); kill++) {
            long threshold = totalBytes * (kill + 1) / (options.kills() + 1);
            while (progress.bytes() < threshold && !queue.isEmpty()) {
                stage.environment().sleep(Duration.ofMillis(5));
            }
            killOne();
        }
    }

    private void killOne() throws Exception {
        int leader = stage.leader();
        int victim = options.killPrimary()
                ? leader
                : stage.running().stream()
                        .filter(number -> number != leader)
                        .findFirst()
                        .orElseThrow();
        String what = "replica " + victim + (victim == leader ? " (the primary)" : " (a backup)");
        System.out.println("killing " + what);
        killed.add(what);
        stage.killOne(victim);
    }

    private List<String> verify(Progress progress, List<FileStore.Stored> stored) throws Exception {
        FileStore store = new FileStore(client, progress);
        ConcurrentLinkedQueue<FileStore.Stored> queue = new ConcurrentLinkedQueue<>(stored);
        ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
        try (Supervisor watch = new Supervisor(stage.environment(), "progress", LINE_EVERY.multipliedBy(2));
                TaskScope scope = TaskScope.open(stage.environment(), "verify")) {
            watch.start("line", () -> printLines(progress));
            for (int thread = 0; thread < options.threads(); thread++) {
                scope.fork(() -> {
                    for (FileStore.Stored file = queue.poll(); file != null; file = queue.poll()) {
                        store.verify(file).ifPresent(wrong::add);
                    }
                    return true;
                });
            }
            scope.join();
        }
        System.out.println(progress.line(client.statistics().view()));
        return new ArrayList<>(wrong);
    }

    private void printLines(Progress progress) throws InterruptedException {
        long last = -1;
        while (!Thread.currentThread().isInterrupted()) {
            stage.environment().sleep(LINE_EVERY);
            if (progress.operations() != last) {
                last = progress.operations();
                System.out.println(progress.line(client.statistics().view()));
            }
        }
    }

    private String compareStates(List<String> wrong) throws Exception {
        try {
            stage.awaitEqualStates(SETTLE);
        } catch (AssertionError different) {
            wrong.add("the replicas' states differ: " + different.getMessage());
        }
        return String.join(", ", stage.states());
    }

    private void summarise(Progress storing, Progress reading, List<String> trials, String states, List<String> wrong) {
        System.out.println();
        System.out.printf("%-24s %s%n", "replicas killed", killed.isEmpty() ? "none" : String.join(", ", killed));
        trials.forEach(line -> System.out.printf("%-24s %s%n", "", line));
        System.out.printf("%-24s %d%n", "view at the end", client.statistics().view());
        System.out.printf(
                "%-24s %.1f MB in %.1f s, %d ordered operations, p50 %.2f ms, p99 %.2f ms, longest %.0f ms%n",
                "stored",
                storing.bytes() / 1e6,
                storing.seconds(),
                storing.operations(),
                storing.latencyMillis(50),
                storing.latencyMillis(99),
                storing.latencyMillis(100));
        System.out.printf(
                "%-24s %.1f MB, %d unordered operations, p50 %.2f ms, p99 %.2f ms%n",
                "read back",
                reading.bytes() / 1e6,
                reading.operations(),
                reading.latencyMillis(50),
                reading.latencyMillis(99));
        System.out.printf(
                "%-24s %s on %d replicas%n",
                "state digest", states, stage.running().size());
        System.out.printf(
                "%-24s %s%n", "result", wrong.isEmpty() ? "every file is as it was stored" : wrong.size() + " WRONG");

        wrong.stream().limit(20).forEach(line -> System.err.println("  " + line));
    }
}
