package dev.atlas.it.bench.execution;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/**
 * Settings of the {@code execution} benchmark, {@code -Datlas.bench.*}; each combination of costs, conflicts and threads is a cell.
 *
 * @param costsMicros computation of an operation between its read and its write
 * @param conflictsPercent share of the operations that read and write the one hot key; the others have a random one
 * @param keys entries in the state
 * @param block operations executed together
 * @param iterations of the measurement in each cell, all in one JVM of the cell's own; a quarter as many more warm up
 * @param millis for each iteration
 * @param figures where the picture goes
 */
public record GridSettings(
        List<Double> costsMicros,
        List<Integer> conflictsPercent,
        List<Integer> threads,
        int keys,
        int block,
        int valueBytes,
        int iterations,
        int millis,
        Path figures) {

    private static final List<String> KNOWN =
            List.of("cost", "conflict", "threads", "keys", "block", "value", "iterations", "millis", "figures");

    public GridSettings {
        costsMicros = List.copyOf(costsMicros);
        conflictsPercent = List.copyOf(conflictsPercent);
        threads = List.copyOf(threads);
        if (costsMicros.stream().anyMatch(each -> each < 0 || each > 10_000)) {
            throw new IllegalArgumentException("atlas.bench.cost: microseconds from 0 to 10000, with commas between");
        }
        if (conflictsPercent.stream().anyMatch(each -> each < 0 || each > 100)) {
            throw new IllegalArgumentException("atlas.bench.conflict: percentages, with commas between");
        }
        int processors = Runtime.getRuntime().availableProcessors();
        if (threads.stream().anyMatch(each -> each < 1 || each > processors)) {
            throw new IllegalArgumentException("atlas.bench.threads: 1 to " + processors
                    + ", the processors here: more would measure the scheduler of the operating system");
        }
        if (iterations < 1 || iterations > 1000) {
            throw new IllegalArgumentException("atlas.bench.iterations: 1 to 1000");
        }
        if (keys < 1 || block < 1 || block > 100_000 || valueBytes < 0 || valueBytes > 1 << 20 || millis < 50) {
            throw new IllegalArgumentException(
                    "atlas.bench: keys from 1, block from 1 to 100000, value from 0 to 1 MiB, millis from 50");
        }
    }

    public static GridSettings from(Properties properties) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("atlas.bench.") && !KNOWN.contains(name.substring("atlas.bench.".length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        int processors = Runtime.getRuntime().availableProcessors();
        return new GridSettings(
                list(properties, "cost", "0.5,1,5,20,100").stream()
                        .map(Double::valueOf)
                        .toList(),
                list(properties, "conflict", "0,10,50,100").stream()
                        .map(Integer::valueOf)
                        .toList(),
                list(properties, "threads", processors >= 4 ? "1,2,4" : "1,2").stream()
                        .map(Integer::valueOf)
                        .toList(),
                number(properties, "keys", 100_000),
                number(properties, "block", 1024),
                number(properties, "value", 64),
                number(properties, "iterations", 8),
                number(properties, "millis", 600),
                Path.of(properties.getProperty("atlas.bench.figures", "target/bench")));
    }

    private static List<String> list(Properties properties, String name, String byDefault) {
        return Arrays.stream(
                        properties.getProperty("atlas.bench." + name, byDefault).split(","))
                .map(String::trim)
                .toList();
    }

    private static int number(Properties properties, String name, int byDefault) {
        return Integer.parseInt(properties.getProperty("atlas.bench." + name, Integer.toString(byDefault)));
    }

    String describe() {
        return String.format(
                "%d keys, values of %d B, blocks of %d, %d iterations of %d ms in each cell",
                keys, valueBytes, block, iterations, millis);
    }
}
