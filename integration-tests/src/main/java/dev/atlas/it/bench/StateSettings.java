package dev.atlas.it.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * Settings of the {@code state} benchmark, {@code -Datlas.bench.*}.
 *
 * @param entries in the state
 * @param valueBytes of each; keys have 8
 * @param batchesPerSecond of ordered updates, fed at a steady rate
 * @param operations in each batch
 * @param seconds for each measurement
 * @param figures where the picture goes
 */
record StateSettings(int entries, int valueBytes, int batchesPerSecond, int operations, int seconds, Path figures) {

    private static final List<String> KNOWN = List.of("entries", "value", "rate", "operations", "seconds", "figures");

    StateSettings {
        if (entries < 100 || valueBytes < 8 || batchesPerSecond < 1 || operations < 1 || seconds < 1 || seconds > 600) {
            throw new IllegalArgumentException(
                    "atlas.bench: entries from 100, value from 8, rate, operations and seconds from 1");
        }
    }

    static StateSettings from(Properties properties) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("atlas.bench.") && !KNOWN.contains(name.substring("atlas.bench.".length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        return new StateSettings(
                number(properties, "entries", 4_000_000),
                number(properties, "value", 248),
                number(properties, "rate", 500),
                number(properties, "operations", 8),
                number(properties, "seconds", 10),
                Path.of(properties.getProperty("atlas.bench.figures", "target/bench")));
    }

    StateSettings withEntries(int number) {
        return new StateSettings(number, valueBytes, batchesPerSecond, operations, seconds, figures);
    }

    private static int number(Properties properties, String name, int byDefault) {
        return Integer.parseInt(properties.getProperty("atlas.bench." + name, Integer.toString(byDefault)));
    }

    String describe() {
        return String.format(
                "%d entries of 8 + %d B, %d batches of %d updates a second, %d s each",
                entries, valueBytes, batchesPerSecond, operations, seconds);
    }
}
