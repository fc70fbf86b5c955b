package dev.atlas.it.bench;

import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.replica.config.DurabilityMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * Settings of the {@code ordered} benchmark, {@code -Datlas.bench.*}.
 *
 * @param replicas n
 * @param callers closed-loop callers, one run for each number
 * @param clients that the callers share; each has at most its window, 1,024 calls, outstanding
 * @param requestBytes payload of each request
 * @param replyBytes payload of each reply
 * @param processes whether each replica is a process of its own, apart from the clients
 * @param durability one run for each, side by side for each number of callers
 * @param rounds of which the median counts; modes of durability take turns, so that what else the machine does hits them alike
 * @param directory below which records of durable replicas go: its disk is measured
 */
record OrderedSettings(
        int replicas,
        List<Integer> callers,
        int clients,
        int requestBytes,
        int replyBytes,
        int warmupSeconds,
        int seconds,
        LocalCluster.Security security,
        boolean processes,
        List<DurabilityMode> durability,
        int rounds,
        Path directory) {

    private static final List<String> KNOWN = List.of(
            "replicas",
            "callers",
            "clients",
            "request",
            "reply",
            "warmup",
            "seconds",
            "security",
            "processes",
            "durability",
            "rounds",
            "dir");

    OrderedSettings {
        callers = List.copyOf(callers);
        durability = List.copyOf(durability);
        if (rounds < 1 || rounds > 100) {
            throw new IllegalArgumentException("atlas.bench.rounds: 1 to 100");
        }
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException("atlas.bench.dir: there is no directory " + directory);
        }
        if (seconds < 1 || seconds > 600 || warmupSeconds < 0 || warmupSeconds > 600) {
            throw new IllegalArgumentException("atlas.bench.seconds: 1 to 600, atlas.bench.warmup: 0 to 600");
        }
        if (callers.isEmpty() || callers.stream().anyMatch(each -> each < 1 || each > 10_000)) {
            throw new IllegalArgumentException("atlas.bench.callers: numbers from 1 to 10000, with commas between");
        }
        if (clients < 1 || requestBytes < 0 || requestBytes > 1 << 20 || replyBytes < 0 || replyBytes > 1 << 20) {
            throw new IllegalArgumentException("atlas.bench: clients from 1, sizes from 0 to 1 MiB");
        }
        if (processes && security == LocalCluster.Security.IN_MEMORY) {
            throw new IllegalArgumentException("atlas.bench.security: processes do not share memory; tls or plaintext");
        }
    }

    static OrderedSettings from(Properties properties) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("atlas.bench.") && !KNOWN.contains(name.substring("atlas.bench.".length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        List<Integer> callers = Arrays.stream(
                        properties.getProperty("atlas.bench.callers", "1,64").split(","))
                .map(text -> parse("callers", text))
                .toList();
        String security = properties.getProperty("atlas.bench.security", "tls");
        return new OrderedSettings(
                number(properties, "replicas", 4),
                callers,
                number(properties, "clients", 1),
                number(properties, "request", 0),
                number(properties, "reply", 0),
                number(properties, "warmup", 5),
                number(properties, "seconds", 10),
                switch (security) {
                    case "tls" -> LocalCluster.Security.TLS;
                    case "plaintext" -> LocalCluster.Security.PLAINTEXT;
                    case "memory" -> LocalCluster.Security.IN_MEMORY;
                    default ->
                        throw new IllegalArgumentException(
                                "atlas.bench.security: tls, plaintext or memory, not " + security);
                },
                flag(properties, "processes"),
                Arrays.stream(properties
                                .getProperty("atlas.bench.durability", "none")
                                .split(","))
                        .map(String::trim)
                        .map(OrderedSettings::durability)
                        .toList(),
                number(properties, "rounds", 1),
                Path.of(properties.getProperty("atlas.bench.dir", System.getProperty("java.io.tmpdir"))));
    }

    static DurabilityMode durability(String text) {
        return switch (text) {
            case "none" -> DurabilityMode.NONE;
            case "optimistic" -> DurabilityMode.OPTIMISTIC;
            case "strict" -> DurabilityMode.STRICT;
            default ->
                throw new IllegalArgumentException(
                        "atlas.bench.durability: strict, optimistic or none, with commas between, not " + text);
        };
    }

    static String text(DurabilityMode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    String describe() {
        return String.format(
                Locale.ROOT,
                "n=%d, %d client(s), %d B requests, %d B replies, durability %s, %s, %s, %d s after %d s of warm-up, median of %d",
                replicas,
                clients,
                requestBytes,
                replyBytes,
                String.join(", ", durability.stream().map(OrderedSettings::text).toList()),
                security.toString().toLowerCase(Locale.ROOT),
                processes ? "a JVM for each replica and one for the clients" : "one JVM",
                seconds,
                warmupSeconds,
                rounds);
    }

    private static int number(Properties properties, String name, int byDefault) {
        return parse(name, properties.getProperty("atlas.bench." + name, Integer.toString(byDefault)));
    }

    private static boolean flag(Properties properties, String name) {
        String text = properties.getProperty("atlas.bench." + name, "false");
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("atlas.bench." + name + ": true or false, not " + text);
        };
    }

    private static int parse(String name, String text) {
        try {
            return Integer.parseInt(text.trim());
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException("atlas.bench." + name + ": a number, not " + text, noNumber);
        }
    }
}
