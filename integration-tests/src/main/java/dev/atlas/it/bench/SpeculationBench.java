package dev.atlas.it.bench;

import com.google.protobuf.ByteString;
import com.sun.management.OperatingSystemMXBean;
import dev.atlas.core.application.CrudState;
import dev.atlas.exec.speculative.Operation;
import dev.atlas.exec.speculative.SpeculationCounters;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.speculative.SpeculativeRunner;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.env.SystemEnvironment;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Parallel against sequential execution of blocks of operations, each a read, a computation and a write, side by side in one run: the ways take turns, so
 * that whatever else the machine does hits all of them.
 */
final class SpeculationBench {

    private static final String COLUMN = "entries";
    private static final int TURNS = 10;
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private SpeculationBench() {}

    /** One cell: operations a second of each way. */
    private record Row(
            double costMicros,
            int conflictPercent,
            int threads,
            double sequential,
            double speculative,
            double adaptive,
            double sequentialCpuMicros,
            double speculativeCpuMicros,
            SpeculationCounters counters) {

        double speculativeRatio() {
            return speculative / sequential;
        }

        double adaptiveRatio() {
            return adaptive / sequential;
        }

        double incarnations() {
            return counters.incarnations() / (double) Math.max(1, counters.speculated());
        }

        String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"costMicros\": %.1f, \"conflictPercent\": %d, \"threads\": %d, \"sequentialPerSecond\": %.0f, "
                            + "\"speculativePerSecond\": %.0f, \"adaptivePerSecond\": %.0f, "
                            + "\"sequentialCpuMicros\": %.2f, \"speculativeCpuMicros\": %.2f, \"incarnations\": %.3f}",
                    costMicros,
                    conflictPercent,
                    threads,
                    sequential,
                    speculative,
                    adaptive,
                    sequentialCpuMicros,
                    speculativeCpuMicros,
                    incarnations());
        }
    }

    static void run(GridSettings settings) throws IOException {
        System.out.println("speculation: " + settings.describe());
        System.out.println("machine: " + OrderedBench.machine());
        System.out.println(
                "  cost   conflict  threads  sequential op/s  always    x  adaptive    x  CPU us/op  always  incarnations");
        long tokensPerMilli = tokensPerMilli();
        List<Row> rows = new ArrayList<>();
        for (double cost : settings.costsMicros()) {
            for (int conflict : settings.conflictsPercent()) {
                for (int threads : settings.threads()) {
                    Row row = measure(settings, cost, conflict, threads, tokensPerMilli);
                    System.out.printf(
                            Locale.ROOT,
                            "%6.1f %9d%% %8d %16.0f %11.2f %13.2f %10.2f %7.2f %13.3f%n",
                            cost,
                            conflict,
                            threads,
                            row.sequential,
                            row.speculativeRatio(),
                            row.adaptiveRatio(),
                            row.sequentialCpuMicros,
                            row.speculativeCpuMicros,
                            row.incarnations());
                    rows.add(row);
                }
            }
        }
        System.out.println("written: " + write(settings, rows));
    }

    private static Row measure(
            GridSettings settings, double costMicros, int conflictPercent, int threads, long tokensPerMilli) {
        try (SystemEnvironment environment =
                SystemEnvironment.create("bench", Runtime.getRuntime().availableProcessors())) {
            KeyValueState state = new KeyValueState();
            for (int key = 0; key < settings.keys(); key++) {
                state.update(COLUMN, key(key), value(settings, key));
            }
            Work work = new Work(settings, Math.round(costMicros * tokensPerMilli / 1000), conflictPercent);
            Way sequential = new Way(environment, SpeculationSettings.always(1), state);
            Way speculative = new Way(environment, SpeculationSettings.always(threads), state);
            Way adaptive = new Way(environment, SpeculationSettings.adaptive(threads), state);
            List<Way> ways = List.of(sequential, speculative, adaptive);
            long slice = settings.millis() * 1_000_000L / TURNS;
            for (int turn = 0; turn < 2 * TURNS; turn++) {
                if (turn == TURNS) {
                    ways.forEach(Way::forget);
                }
                ways.forEach(way -> way.run(work, settings.block(), slice));
            }
            return new Row(
                    costMicros,
                    conflictPercent,
                    threads,
                    sequential.perSecond(),
                    speculative.perSecond(),
                    adaptive.perSecond(),
                    sequential.cpuMicros(),
                    speculative.cpuMicros(),
                    speculative.runner.counters());
        }
    }

    /** How long the computation takes here, measured in the same way as it is used. */
    private static long tokensPerMilli() {
        try (SystemEnvironment environment = SystemEnvironment.create("calibration", 1)) {
            long best = 1;
            for (int round = 0; round < 50; round++) {
                long tokens = 100_000;
                long start = environment.clock().nanoTime();
                for (int each = 0; each < 100; each++) {
                    Blackhole.consumeCPU(tokens / 100);
                }
                best = Math.max(best, tokens * 1_000_000 / (environment.clock().nanoTime() - start));
            }
            return best;
        }
    }

    private static ByteString key(int number) {
        return ByteString.copyFrom(
                ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
    }

    private static ByteString value(GridSettings settings, int seed) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.max(Integer.BYTES, settings.valueBytes()));
        return ByteString.copyFrom(bytes.putInt(0, seed));
    }

    private static Path write(GridSettings settings, List<Row> rows) throws IOException {
        Path directory = Files.createDirectories(Path.of("target", "bench"));
        String json = String.format(
                "{%n  \"benchmark\": \"speculation\",%n  \"settings\": \"%s\",%n  \"machine\": \"%s\",%n  \"rows\": [%n    %s%n  ]%n}%n",
                settings.describe(),
                OrderedBench.machine(),
                String.join(",\n    ", rows.stream().map(Row::json).toList()));
        return Files.writeString(directory.resolve("speculation.json"), json).toAbsolutePath();
    }

    /** A way of executing, with what it has done so far. */
    private static final class Way {
        private final SystemEnvironment environment;
        private final SpeculativeRunner runner;
        private final KeyValueState state;
        private long operations;
        private long nanos;
        private long cpuNanos;

        Way(SystemEnvironment environment, SpeculationSettings settings, KeyValueState state) {
            this.environment = environment;
            this.runner = new SpeculativeRunner(environment, settings);
            this.state = state;
        }

        void run(Work work, int block, long slice) {
            long start = environment.clock().nanoTime();
            long cpu = PROCESS.getProcessCpuTime();
            long now = start;
            while (now - start < slice) {
                runner.run(state, block, work.next());
                operations += block;
                now = environment.clock().nanoTime();
            }
            nanos += now - start;
            cpuNanos += PROCESS.getProcessCpuTime() - cpu;
        }

        /** Of the whole process, garbage collection included: on a busy machine the one figure to trust. */
        double cpuMicros() {
            return cpuNanos / 1e3 / operations;
        }

        void forget() {
            operations = 0;
            nanos = 0;
            cpuNanos = 0;
        }

        double perSecond() {
            return operations * 1e9 / nanos;
        }
    }

    /** The operations of one block after the other. */
    private static final class Work {
        private final GridSettings settings;
        private final long tokens;
        private final int conflictPercent;
        private final Random random = new Random(1);
        private final ByteString[] keys;

        Work(GridSettings settings, long tokens, int conflictPercent) {
            this.settings = settings;
            this.tokens = tokens;
            this.conflictPercent = conflictPercent;
            this.keys = new ByteString[settings.keys()];
            for (int number = 0; number < keys.length; number++) {
                keys[number] = key(number);
            }
        }

        Operation<Integer> next() {
            int[] chosen = new int[settings.block()];
            for (int index = 0; index < chosen.length; index++) {
                chosen[index] = random.nextInt(100) < conflictPercent ? 0 : random.nextInt(keys.length);
            }
            return (view, index) -> execute(view, keys[chosen[index]]);
        }

        /** A counter: what it writes depends on what it has read, so that every conflict is one. */
        private int execute(CrudState view, ByteString key) {
            int count = view.read(COLUMN, key)
                    .map(value -> value.asReadOnlyByteBuffer().getInt())
                    .orElse(0);
            if (tokens > 0) {
                Blackhole.consumeCPU(tokens);
            }
            view.update(COLUMN, key, value(settings, count + 1));
            return count;
        }
    }
}
