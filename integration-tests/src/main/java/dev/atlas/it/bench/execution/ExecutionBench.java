package dev.atlas.it.bench.execution;

import dev.atlas.it.bench.execution.Row.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the grid cell by cell, prints a line for each, and writes figures and a picture. */
public final class ExecutionBench {

    private ExecutionBench() {}

    public static void run(GridSettings settings) throws IOException, RunnerException {
        System.out.println("execution: " + settings.describe());
        System.out.println("machine: " + machine());
        System.out.println(Row.TITLE);
        List<Row> rows = new ArrayList<>();
        for (double cost : settings.costsMicros()) {
            for (int conflict : settings.conflictsPercent()) {
                for (int threads : settings.threads()) {
                    Row row = measure(settings, cost, conflict, threads);
                    System.out.println(row.line());
                    rows.add(row);
                }
            }
        }
        System.out.println("written: " + write(settings, rows));
        System.out.println("written: " + GridPicture.of(settings, rows).write(settings.figures(), "execution.svg"));
    }

    private static Row measure(GridSettings settings, double cost, int conflict, int threads) throws RunnerException {
        TimeValue time = TimeValue.milliseconds(settings.millis());
        Options options = new OptionsBuilder()
                .include("^" + ExecutionBenchmark.class.getName().replace(".", "\\.") + "\\.")
                .param("costMicros", Double.toString(cost))
                .param("conflictPercent", Integer.toString(conflict))
                .param("threads", Integer.toString(threads))
                .param("keys", Integer.toString(settings.keys()))
                .param("valueBytes", Integer.toString(settings.valueBytes()))
                .param("block", Integer.toString(settings.block()))
                .mode(Mode.AverageTime)
                .forks(1)
                .threads(1)
                .warmupIterations((settings.iterations() + 3) / 4)
                .warmupTime(time)
                .measurementIterations(settings.iterations())
                .measurementTime(time)
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true)
                .jvmArgsAppend(jvmArguments())
                .build();
        return new Row(cost, conflict, threads, samples(new Runner(options).runSingle()));
    }

    /** JMH and protobuf use what JDKs from 24 on warn of, in every JVM again. */
    private static String[] jvmArguments() {
        return Runtime.version().feature() < 24
                ? new String[0]
                : new String[] {"--sun-misc-unsafe-memory-access=allow"};
    }

    private static List<Sample> samples(RunResult result) {
        List<Sample> samples = new ArrayList<>();
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
            for (IterationResult iteration : fork.getIterationResults()) {
                samples.add(sample(iteration));
            }
        }
        return samples;
    }

    private static Sample sample(IterationResult iteration) {
        @SuppressWarnings("rawtypes") // JMH's own
        Map<String, Result> counters = iteration.getSecondaryResults();
        double nanos = 0;
        for (String way : List.of("sequential", "always", "adaptive")) {
            nanos += score(counters, way + "Nanos");
        }
        double always = score(counters, "alwaysOperations");
        double sequential = score(counters, "sequentialOperations");
        return new Sample(
                sequential * 1e9 / score(counters, "sequentialNanos"),
                always * 1e9 / score(counters, "alwaysNanos"),
                score(counters, "adaptiveOperations") * 1e9 / score(counters, "adaptiveNanos"),
                score(counters, "sequentialCpuNanos") / 1e3 / sequential,
                score(counters, "alwaysCpuNanos") / 1e3 / always,
                score(counters, "alwaysIncarnations") / always,
                score(counters, "waitedNanos") / nanos);
    }

    @SuppressWarnings("rawtypes") // JMH's own
    private static double score(Map<String, Result> counters, String name) {
        return Objects.requireNonNull(counters.get(name), name).getScore();
    }

    private static String machine() {
        return String.format(
                Locale.ROOT,
                "%d processors, %s %s, %s %s",
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.version"));
    }

    private static Path write(GridSettings settings, List<Row> rows) throws IOException {
        String json = String.format(
                Locale.ROOT,
                "{%n  \"benchmark\": \"execution\",%n  \"settings\": \"%s\",%n  \"machine\": \"%s\",%n  \"rows\": [%n    %s%n  ]%n}%n",
                settings.describe(),
                machine(),
                String.join(",\n    ", rows.stream().map(Row::json).toList()));
        return Files.writeString(
                        Files.createDirectories(Path.of("target", "bench")).resolve("execution.json"), json)
                .toAbsolutePath();
    }
}
