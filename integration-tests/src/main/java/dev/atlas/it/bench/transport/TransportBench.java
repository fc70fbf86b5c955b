package dev.atlas.it.bench.transport;

import dev.atlas.it.bench.transport.NodeDriver.Received;
import dev.atlas.it.bench.transport.TransportSettings.Processes;
import dev.atlas.it.bench.transport.TransportSettings.Topology;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Messages a second, processor time a message, and latency at half that rate; contenders in turn, so that a busy machine hits all. */
public final class TransportBench {

    private record Case(Contender contender, Topology topology, Processes processes) {}

    /** Part of the machine in use. */
    private static final double QUIET = 0.1;

    private static final int ATTEMPTS = 3;

    private TransportBench() {}

    public static void run(TransportSettings settings) throws Exception {
        System.out.println("transport: " + settings.describe());
        System.out.println("machine: " + machine());
        System.out.println(TransportRow.TITLE);
        List<Case> cases = new ArrayList<>();
        for (Processes processes : settings.processes()) {
            for (Topology topology : settings.topologies()) {
                settings.contenders().forEach(contender -> cases.add(new Case(contender, topology, processes)));
            }
        }
        List<TransportRow> rows = new ArrayList<>();
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Case each : cases) {
                TransportRow row = measureAtLast(settings, each);
                System.out.println(row.line());
                rows.add(row);
            }
        }
        List<TransportRow> medians =
                cases.stream().map(each -> median(rows, each)).toList();
        System.out.println("medians by messages/s");
        System.out.println(TransportRow.TITLE);
        medians.forEach(row -> System.out.println(row.line()));
        System.out.println("written: " + write(settings, medians, rows));
        for (Processes processes : settings.processes()) {
            System.out.println("written: "
                    + TransportFigure.write(
                            Path.of("target", "bench"),
                            settings.describe() + "; " + machine(),
                            processes,
                            medians.stream()
                                    .filter(row -> row.processes() == processes)
                                    .toList()));
        }
    }

    /** A port that was free may be taken by now, and a process on a busy machine may starve: neither ends the whole. */
    private static TransportRow measureAtLast(TransportSettings settings, Case each) throws Exception {
        for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
            try {
                return measure(settings, each);
            } catch (IOException failed) {
                System.out.println("once more, since " + failed);
            }
        }
        return measure(settings, each);
    }

    private static TransportRow measure(TransportSettings settings, Case each) throws Exception {
        boolean all = each.topology() == Topology.MESH;
        List<Integer> ports = freePorts(each.topology().nodes());
        try (Drivers drivers = switch (each.processes()) {
            case ONE -> new Drivers.Local(each.contender(), ports, all, settings.payloadBytes());
            case SEVERAL -> new RemoteDrivers(each.contender(), ports, all, settings.payloadBytes());
        }) {
            drivers.connect();
            awaitQuiet(settings.quiet());
            Processors before = Processors.now();
            List<Received> received = drivers.load(settings.warmupSeconds(), settings.seconds());
            // The warm-up counts as if it were as busy as what follows.
            double own = (double) drivers.cpuNanos(received)
                    / Math.max(1, received.getFirst().nanos());
            double others = Processors.now().othersSince(before, own).orElse(0);
            double rate = received.stream()
                    .mapToDouble(node -> node.messages() * 1e9 / node.nanos())
                    .sum();
            long messages = received.stream().mapToLong(Received::messages).sum();
            double cpuMicros = drivers.cpuNanos(received) / 1000.0 / Math.max(1, messages);
            int senders = all ? ports.size() : 1;
            double paced = settings.pace() == 0 ? rate / 2 : settings.pace();
            Delays delays = Delays.none();
            drivers.pace(paced / senders, settings.warmupSeconds(), settings.seconds())
                    .forEach(delays::add);
            return new TransportRow(
                    each.contender(), each.topology(), each.processes(), rate, cpuMicros, others, delays);
        }
    }

    /** Waits for others to leave most of the machine alone, for as long as somebody was willing to. */
    private static void awaitQuiet(int mostSeconds) throws IOException, InterruptedException {
        for (int second = 0; second < mostSeconds; second++) {
            Processors before = Processors.now();
            Thread.sleep(1000);
            if (Processors.now().othersSince(before, 0).orElse(0) < QUIET) {
                return;
            }
        }
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int port = 0; port < count; port++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    private static TransportRow median(List<TransportRow> rows, Case of) {
        List<TransportRow> sorted = rows.stream()
                .filter(row -> row.contender() == of.contender()
                        && row.topology() == of.topology()
                        && row.processes() == of.processes())
                .sorted(Comparator.comparingDouble(TransportRow::messagesPerSecond))
                .toList();
        return sorted.get(sorted.size() / 2);
    }

    static String machine() {
        return String.format(
                Locale.ROOT,
                "%d processors, %s %s, %s %s",
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.version"));
    }

    private static Path write(TransportSettings settings, List<TransportRow> medians, List<TransportRow> rows)
            throws IOException {
        String json = String.format(
                Locale.ROOT,
                "{%n  \"benchmark\": \"transport\",%n  \"settings\": \"%s\",%n  \"machine\": \"%s\",%n  \"medians\": [%n    %s%n  ],%n  \"rows\": [%n    %s%n  ]%n}%n",
                settings.describe(),
                machine(),
                String.join(",\n    ", medians.stream().map(TransportRow::json).toList()),
                String.join(",\n    ", rows.stream().map(TransportRow::json).toList()));
        return Files.writeString(
                        Files.createDirectories(Path.of("target", "bench")).resolve("transport.json"), json)
                .toAbsolutePath();
    }
}
