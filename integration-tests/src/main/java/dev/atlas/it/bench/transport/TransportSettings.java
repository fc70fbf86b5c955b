package dev.atlas.it.bench.transport;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * Settings of the {@code transport} benchmark, {@code -Datlas.bench.*}.
 *
 * @param payloadBytes of every message, 8 to 32 KiB
 * @param rounds how often everything is measured, in turn; the table shows medians
 * @param pace messages a second at which latency is measured, the same for all; 0 for half of what each has just reached
 * @param quiet how many seconds at most to wait before each measurement for others to leave the machine alone
 */
public record TransportSettings(
        List<Contender> contenders,
        List<Topology> topologies,
        List<Processes> processes,
        int payloadBytes,
        int warmupSeconds,
        int seconds,
        int rounds,
        int quiet,
        int pace) {

    private static final List<String> KNOWN =
            List.of("contenders", "topologies", "jvms", "bytes", "warmup", "seconds", "rounds", "quiet", "pace");

    /** Who sends to whom. */
    enum Topology {
        /** One node to another. */
        PAIR(2),
        /** Each of four nodes to the three others. */
        MESH(4);

        private final int nodes;

        Topology(int nodes) {
            this.nodes = nodes;
        }

        int nodes() {
            return nodes;
        }
    }

    /** Where the nodes live. */
    enum Processes {
        ONE,
        SEVERAL
    }

    public TransportSettings {
        contenders = List.copyOf(contenders);
        topologies = List.copyOf(topologies);
        processes = List.copyOf(processes);
        if (payloadBytes < Long.BYTES || payloadBytes > 32 * 1024) {
            throw new IllegalArgumentException("atlas.bench.bytes: 8 to 32768");
        }
        if (seconds < 1
                || seconds > 600
                || warmupSeconds < 0
                || warmupSeconds > 600
                || rounds < 1
                || rounds > 99
                || quiet < 0
                || pace < 0) {
            throw new IllegalArgumentException(
                    "atlas.bench: seconds from 1 to 600, warmup from 0 to 600, rounds from 1 to 99, quiet and pace from 0");
        }
    }

    public static TransportSettings from(Properties properties) {
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("atlas.bench.") && !KNOWN.contains(name.substring("atlas.bench.".length()))) {
                throw new IllegalArgumentException(name + ": no such option; there are " + KNOWN);
            }
        }
        return new TransportSettings(
                list(properties, "contenders", "atlas,atlas-tls,netty-nio,netty-epoll,bare").stream()
                        .map(Contender::of)
                        .toList(),
                list(properties, "topologies", "pair,mesh").stream()
                        .map(text -> constant(Topology.class, "topologies", text))
                        .toList(),
                list(properties, "jvms", "one").stream()
                        .map(text -> constant(Processes.class, "jvms", text))
                        .toList(),
                number(properties, "bytes", 1024),
                number(properties, "warmup", 3),
                number(properties, "seconds", 5),
                number(properties, "rounds", 3),
                number(properties, "quiet", 0),
                number(properties, "pace", 0));
    }

    private static List<String> list(Properties properties, String name, String byDefault) {
        return Arrays.stream(
                        properties.getProperty("atlas.bench." + name, byDefault).split(","))
                .map(String::trim)
                .toList();
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String option, String text) {
        return Arrays.stream(type.getEnumConstants())
                .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("atlas.bench." + option + ": no '" + text + "'"));
    }

    static int number(Properties properties, String name, int byDefault) {
        String text = properties.getProperty("atlas.bench." + name, Integer.toString(byDefault));
        try {
            return Integer.parseInt(text.trim());
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException("atlas.bench." + name + ": a number, not " + text, noNumber);
        }
    }

    String describe() {
        return String.format(
                Locale.ROOT,
                "%d B messages, %d KiB buffers, %d s after %d s of warm-up, then as long at %s, %d round(s)",
                payloadBytes,
                BenchNode.BUFFER_BYTES / 1024,
                seconds,
                warmupSeconds,
                pace == 0 ? "half the rate" : pace + " messages/s",
                rounds);
    }
}
