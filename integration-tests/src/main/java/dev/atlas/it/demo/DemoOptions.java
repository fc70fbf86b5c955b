package dev.atlas.it.demo;

import dev.atlas.it.cluster.ExecutorChoice;
import dev.atlas.replica.config.DurabilityMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * What the demo is told by {@code -Datlas.demo.*}.
 *
 * @param directory whose files are stored
 * @param replicas n
 * @param kills replicas killed in the middle, at most f
 * @param killPrimary whether the primary is the first to be killed, or only backups are
 * @param threads that store and read
 * @param durability of the replicas: with any but none they are processes, with directories
 */
record DemoOptions(
        Path directory,
        int replicas,
        int kills,
        boolean killPrimary,
        int threads,
        ExecutorChoice executor,
        DurabilityMode durability) {

    private static final String PREFIX = "atlas.demo.";
    private static final List<String> KNOWN =
            List.of("dir", "replicas", "kills", "kill", "threads", "executor", "durability");

    DemoOptions {
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException("atlas.demo.dir: there is no directory "
                    + directory.toAbsolutePath().normalize());
        }
        if (replicas < 4) {
            throw new IllegalArgumentException("atlas.demo.replicas: a cluster that survives a fault has 4 or more");
        }
        int faults = (replicas - 1) / 3;
        if (kills < 0 || kills > faults) {
            throw new IllegalArgumentException(
                    "atlas.demo.kills: " + replicas + " replicas survive up to " + faults + " faults, not " + kills);
        }
        if (threads < 1 || threads > 4096) {
            throw new IllegalArgumentException("atlas.demo.threads: 1 to 4096");
        }
    }

    /**
     * @throws IllegalArgumentException naming the option that is unknown or bad
     */
    static DemoOptions from(Properties properties, Path defaultDirectory) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith(PREFIX) && !KNOWN.contains(name.substring(PREFIX.length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        String kill = properties.getProperty(PREFIX + "kill", "primary");
        if (!kill.equals("primary") && !kill.equals("backup")) {
            throw new IllegalArgumentException("atlas.demo.kill: primary or backup, not " + kill);
        }
        String durability = properties.getProperty(PREFIX + "durability", "none");
        return new DemoOptions(
                Path.of(properties.getProperty(PREFIX + "dir", defaultDirectory.toString())),
                number(properties, "replicas", 4),
                number(properties, "kills", 1),
                kill.equals("primary"),
                number(properties, "threads", 16),
                ExecutorChoice.named(properties.getProperty(PREFIX + "executor", "single-monolithic")),
                switch (durability) {
                    case "none" -> DurabilityMode.NONE;
                    case "optimistic" -> DurabilityMode.OPTIMISTIC;
                    case "strict" -> DurabilityMode.STRICT;
                    default ->
                        throw new IllegalArgumentException(
                                "atlas.demo.durability: strict, optimistic or none, not " + durability);
                });
    }

    private static int number(Properties properties, String name, int byDefault) {
        String value = properties.getProperty(PREFIX + name, Integer.toString(byDefault));
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException(PREFIX + name + ": a number, not " + value, noNumber);
        }
    }
}
