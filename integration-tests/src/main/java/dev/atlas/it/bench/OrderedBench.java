package dev.atlas.it.bench;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.it.cluster.Echo;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.it.cluster.ProcessCluster;
import dev.atlas.it.cluster.ProcessOptions;
import dev.atlas.it.cluster.Served;
import dev.atlas.net.concurrent.TaskScope;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.replica.config.DurabilityMode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Ordered operations a second and their latency, closed loop: each caller sends its next request when it has the answer to the last. */
final class OrderedBench {

    private OrderedBench() {}

    /** One row of the table. */
    private record Row(DurabilityMode durability, int callers, double operationsPerSecond, Histogram latencyMicros) {

        double millis(double percentile) {
            return latencyMicros.getValueAtPercentile(percentile) / 1000.0;
        }

        String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"durability\": \"%s\", \"callers\": %d, \"operationsPerSecond\": %.0f, \"p50Millis\": %.3f, \"p99Millis\": %.3f, \"p999Millis\": %.3f, \"maxMillis\": %.3f}",
                    OrderedSettings.text(durability),
                    callers,
                    operationsPerSecond,
                    millis(50),
                    millis(99),
                    millis(99.9),
                    millis(100));
        }
    }

    static void run(OrderedSettings settings) throws Exception {
        System.out.println("ordered: " + settings.describe());
        System.out.println("machine: " + machine());
        List<Row> rows = new ArrayList<>();
        System.out.println("durability  callers       op/s    p50 ms    p99 ms  p99.9 ms    max ms");
        for (int callers : settings.callers()) {
            for (Row row : medians(settings, callers)) {
                System.out.printf(
                        "%-10s %8d %10.0f %9.2f %9.2f %9.2f %9.2f%n",
                        OrderedSettings.text(row.durability),
                        row.callers,
                        row.operationsPerSecond,
                        row.millis(50),
                        row.millis(99),
                        row.millis(99.9),
                        row.millis(100));
                rows.add(row);
            }
        }
        ratios(rows);
        System.out.println("written: " + write(settings, rows));
    }

    private static List<Row> medians(OrderedSettings settings, int callers) throws Exception {
        Map<DurabilityMode, List<Row>> measured = new LinkedHashMap<>();
        for (int round = 0; round < settings.rounds(); round++) {
            for (DurabilityMode durability : settings.durability()) {
                measured.computeIfAbsent(durability, unknown -> new ArrayList<>())
                        .add(measure(settings, callers, durability));
            }
        }
        return measured.values().stream()
                .map(rows -> rows.stream()
                        .sorted(Comparator.comparingDouble(Row::operationsPerSecond))
                        .toList()
                        .get(rows.size() / 2))
                .toList();
    }

    /** What durability costs, where both were measured in this run. */
    private static void ratios(List<Row> rows) {
        for (Row free : rows) {
            for (Row row : rows) {
                if (free.durability == DurabilityMode.NONE
                        && row.durability != DurabilityMode.NONE
                        && row.callers == free.callers) {
                    System.out.printf(
                            "%d callers: %s has %.2f of the op/s of none%n",
                            row.callers,
                            OrderedSettings.text(row.durability),
                            row.operationsPerSecond / free.operationsPerSecond);
                }
            }
        }
    }

    private static Row measure(OrderedSettings settings, int callers, DurabilityMode durability) throws Exception {
        if (settings.processes()) {
            boolean tls = settings.security() == LocalCluster.Security.TLS;
            try (SystemEnvironment environment = SystemEnvironment.create("bench");
                    var cluster = ProcessCluster.start(
                            environment,
                            settings.directory(),
                            ProcessOptions.of(new Served.Replies(settings.replyBytes()))
                                    .replicas(settings.replicas())
                                    .tls(tls)
                                    .durability(durability))) {
                return measure(
                        settings,
                        callers,
                        durability,
                        environment,
                        () -> cluster.client(ClientConfig.defaults(), Codec.BYTES, Codec.BYTES));
            }
        }
        LocalCluster.Options options =
                LocalCluster.Options.of(settings.replicas()).over(settings.security());
        Path directory = Files.createTempDirectory(settings.directory(), "atlas-bench");
        try (var cluster = LocalCluster.start(
                durability == DurabilityMode.NONE ? options : options.durability(durability, directory),
                new Echo(settings.replyBytes()))) {
            return measure(settings, callers, durability, cluster.environment(), cluster::client);
        } finally {
            ProcessCluster.delete(directory);
        }
    }

    private static Row measure(
            OrderedSettings settings,
            int callers,
            DurabilityMode durability,
            Environment environment,
            Supplier<SmrClient<ByteString, ByteString>> connect)
            throws Exception {
        List<SmrClient<ByteString, ByteString>> clients = new ArrayList<>();
        for (int client = 0; client < settings.clients(); client++) {
            clients.add(connect.get());
        }
        long warm = environment.clock().nanoTime()
                + Duration.ofSeconds(settings.warmupSeconds()).toNanos();
        long end = warm + Duration.ofSeconds(settings.seconds()).toNanos();
        Histogram histogram = new ConcurrentHistogram(3);
        ByteString request = ByteString.copyFrom(new byte[settings.requestBytes()]);
        try (TaskScope scope = TaskScope.open(environment, "callers")) {
            for (int caller = 0; caller < callers; caller++) {
                SmrClient<ByteString, ByteString> client = clients.get(caller % clients.size());
                scope.fork(() -> {
                    call(environment, client, request, warm, end, histogram);
                    return true;
                });
            }
            scope.join();
        }
        return new Row(durability, callers, histogram.getTotalCount() / (double) settings.seconds(), histogram);
    }

    private static void call(
            Environment environment,
            SmrClient<ByteString, ByteString> client,
            ByteString request,
            long warm,
            long end,
            Histogram histogram) {
        for (long start = environment.clock().nanoTime(); start < end; ) {
            client.execute(request);
            long done = environment.clock().nanoTime();
            if (start >= warm && done <= end) {
                histogram.recordValue(TimeUnit.NANOSECONDS.toMicros(done - start));
            }
            start = done;
        }
    }

    /** What else the machine has to do decides what figures are worth. */
    static String machine() {
        return String.format(
                Locale.ROOT,
                "%d processors, %s, %s %s; load %.1f when this began",
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.version"),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static Path write(OrderedSettings settings, List<Row> rows) throws IOException {
        Path directory = Files.createDirectories(Path.of("target", "bench"));
        String json = String.format(
                "{%n  \"benchmark\": \"ordered\",%n  \"settings\": \"%s\",%n  \"machine\": \"%s\",%n  \"rows\": [%n    %s%n  ]%n}%n",
                settings.describe(),
                machine(),
                String.join(",\n    ", rows.stream().map(Row::json).toList()));
        return Files.writeString(directory.resolve("ordered.json"), json).toAbsolutePath();
    }
}
