package dev.atlas.it.bench;

import dev.atlas.it.cluster.ExecutorChoice;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * Settings of the {@code transfer} benchmark, {@code -Datlas.bench.*}.
 *
 * @param megabytes of values in the state
 * @param valueBytes of each; keys have 8
 * @param callers of the load beside the transfer; 0 for none
 * @param load part of what three replicas can do for these callers that they ask for during the transfer; 1 for all they can
 * @param seconds of load before anything happens
 * @param again how often the replica loses its disk again, in the JVM that it has
 * @param servingShare of the others' time, for serving the state while there is load
 * @param heapMegabytes of each replica's process
 * @param directory below which records of the replicas go
 */
record TransferSettings(
        int megabytes,
        int valueBytes,
        int callers,
        double load,
        int seconds,
        int again,
        int heapMegabytes,
        int checkpointPeriod,
        double servingShare,
        DurabilityMode durability,
        ExecutorChoice executor,
        Path directory) {

    static final int REPLICAS = 4;

    private static final List<String> KNOWN = List.of(
            "megabytes",
            "value",
            "callers",
            "load",
            "seconds",
            "again",
            "heap",
            "period",
            "share",
            "durability",
            "executor",
            "dir");

    TransferSettings {
        if (megabytes < 1
                || valueBytes < 8
                || valueBytes > 512 * 1024
                || callers < 0
                || !(load > 0 && load <= 1)
                || seconds < 1
                || seconds > 600
                || again < 0) {
            throw new IllegalArgumentException(
                    "atlas.bench: megabytes and seconds from 1, callers and again from 0, value from 8 to 512 KiB, load above 0 and up to 1");
        }
        if (heapMegabytes < 3 * megabytes) {
            throw new IllegalArgumentException("atlas.bench.heap: a state of " + megabytes
                    + " MB, its checkpoints, and the retained log that has just written it need three times as much at least, not "
                    + heapMegabytes);
        }
        long free = freeMegabytes();
        if ((long) REPLICAS * heapMegabytes > free) {
            throw new IllegalArgumentException("atlas.bench.heap: " + REPLICAS + " replicas of " + heapMegabytes
                    + " MB, and this machine has " + free + " MB available: it would measure swapping."
                    + " Choose smaller megabytes and heap");
        }
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException("atlas.bench.dir: there is no directory " + directory);
        }
    }

    static TransferSettings from(Properties properties) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("atlas.bench.") && !KNOWN.contains(name.substring("atlas.bench.".length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        int megabytes = number(properties, "megabytes", 1024);
        return new TransferSettings(
                megabytes,
                number(properties, "value", 4096),
                number(properties, "callers", 16),
                fraction(properties, "load", 1),
                number(properties, "seconds", 10),
                number(properties, "again", 3),
                number(properties, "heap", 4 * megabytes),
                number(properties, "period", 1000),
                fraction(properties, "share", ReplicaConfig.DEFAULT_SERVING_SHARE),
                OrderedSettings.durability(properties.getProperty("atlas.bench.durability", "strict")),
                ExecutorChoice.named(properties.getProperty("atlas.bench.executor", "single-divisible")),
                Path.of(properties.getProperty("atlas.bench.dir", System.getProperty("java.io.tmpdir"))));
    }

    private static double fraction(Properties properties, String name, double byDefault) {
        String text = properties.getProperty("atlas.bench." + name, Double.toString(byDefault));
        try {
            return Double.parseDouble(text.trim());
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException("atlas.bench." + name + ": a number, not " + text, noNumber);
        }
    }

    private static int number(Properties properties, String name, int byDefault) {
        String text = properties.getProperty("atlas.bench." + name, Integer.toString(byDefault));
        try {
            return Integer.parseInt(text.trim());
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException("atlas.bench." + name + ": a number, not " + text, noNumber);
        }
    }

    /** What the system could give without swapping, where it says so, else what is free. */
    private static long freeMegabytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemAvailable:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
                }
            }
        } catch (java.io.IOException elsewhere) {
            // Not Linux: the bean below knows less.
        }
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                        .getFreeMemorySize()
                >> 20;
    }

    int entries() {
        return (int) (((long) megabytes << 20) / valueBytes);
    }

    String describe() {
        return String.format(
                Locale.ROOT,
                "n=%d, a process each with %d MB of heap, %d entries of 8 + %d B, executor %s, durability %s, checkpoint every %d, %d callers, %s of what they can do, %s of the time for serving, tls",
                REPLICAS,
                heapMegabytes,
                entries(),
                valueBytes,
                executor.text(),
                OrderedSettings.text(durability),
                checkpointPeriod,
                callers,
                load,
                servingShare);
    }
}
