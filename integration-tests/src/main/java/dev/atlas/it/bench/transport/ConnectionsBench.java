package dev.atlas.it.bench.transport;

import com.sun.management.OperatingSystemMXBean;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode.PeerListener;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.TcpTransport;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** What very many client connections cost the node that has them. */
public final class ConnectionsBench {

    private static final int STORM_AT_ONCE = 100;
    /** Connections before anything is measured. */
    private static final int FIRST = 20;

    private final ConnectionsSettings settings;
    private final SystemEnvironment environment = SystemEnvironment.create("node");

    private final Established established = new Established();

    /** What the node itself says of the connections that it had: a client has only one. */
    private static final class Established implements PeerListener {

        private final AtomicInteger ups = new AtomicInteger();
        private final AtomicInteger downs = new AtomicInteger();

        @Override
        public void up(NodeId peer) {
            ups.incrementAndGet();
        }

        @Override
        public void down(NodeId peer) {
            downs.incrementAndGet();
        }
    }

    private ConnectionsBench(ConnectionsSettings settings) {
        this.settings = settings;
    }

    public static void run(ConnectionsSettings settings) throws Exception {
        System.out.println("connections: " + settings.describe());
        System.out.println("machine: " + TransportBench.machine());
        new ConnectionsBench(settings).run();
    }

    /** The clients' process. */
    private record Clients(Process process, BufferedWriter commands, BufferedReader answers) {

        String ask(String command) throws IOException {
            commands.write(command);
            commands.newLine();
            commands.flush();
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(TransportChild.ANSWER)) {
                    return line.substring(TransportChild.ANSWER.length());
                }
            }
            throw new EOFException("the clients' process has ended");
        }

        long number(String command) throws IOException {
            return Long.parseLong(ask(command));
        }
    }

    private void run() throws Exception {
        KeyPair keys = new Ed25519Scheme().generate(environment.random());
        BlockingNetworkNode node = new BlockingNetworkNode(
                environment,
                settings.tls() ? new TlsTransport(new TcpTransport(), keys) : new TcpTransport(),
                LocalIdentity.replica("crowd", new ReplicaId(0), new Ed25519Scheme(), keys),
                new StaticNetworkInformation(List.of()),
                config(),
                List.of(new NodeAddress("127.0.0.1", 0)));
        node.incoming(ModuleId.APPLICATION)
                .receiver((from, messages) -> messages.forEach(
                        message -> node.outgoing(ModuleId.APPLICATION).send(from, message)));
        node.onPeerChange(established);
        node.start();
        int port = node.listening().getFirst().port();
        Process process = clientsProcess(port, keys.publicKey().toString());
        try (node;
                BufferedWriter commands = new BufferedWriter(process.outputWriter(StandardCharsets.UTF_8));
                BufferedReader answers = process.inputReader(StandardCharsets.UTF_8)) {
            measure(node, new Clients(process, commands, answers));
        } finally {
            process.destroy();
            environment.close();
        }
    }

    /** As it comes, but for the number of clients of one address, which all of these share. */
    private NetworkConfig config() {
        NetworkConfig.Limits usual = NetworkConfig.Limits.DEFAULT;
        int clients = 2 * (FIRST + settings.idle() + settings.active());
        NetworkConfig config = NetworkConfig.DEFAULT.withLimits(new NetworkConfig.Limits(
                usual.clientFrame(),
                usual.protocolFrame(),
                usual.transferFrame(),
                usual.unauthenticated(),
                usual.unauthenticatedPerHost(),
                clients,
                clients,
                usual.clientMemory()));
        return settings.tls() ? config : config.withPlaintext();
    }

    private Process clientsProcess(int port, String key) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        CrowdProcess.class.getName(),
                        Integer.toString(port),
                        key,
                        Boolean.toString(settings.tls()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private void measure(BlockingNetworkNode node, Clients clients) throws Exception {
        // The first connections load and compile what all need.
        clients.ask("join " + FIRST + " false 4");
        long heapBefore = heap();
        int threadsBefore = platformThreads();
        long from = System.nanoTime();
        if (settings.idle() > 0) {
            clients.ask("join " + settings.idle() + " false " + STORM_AT_ONCE);
        }
        double stormSeconds = (System.nanoTime() - from) / 1e9;
        awaitConnected(node, FIRST + settings.idle());
        long used = heap() - heapBefore;
        double kibEach = used / 1024.0 / Math.max(1, node.connected().size() - FIRST);
        int threads = platformThreads() - threadsBefore;
        double idleCpu = cpuOfIdle();

        clients.ask("join " + settings.active() + " true " + STORM_AT_ONCE);
        awaitConnected(node, FIRST + settings.idle() + settings.active());
        environment.sleep(Duration.ofSeconds(2));
        long before = clients.number("answers");
        long since = System.nanoTime();
        environment.sleep(Duration.ofSeconds(settings.seconds()));
        double perSecond = (clients.number("answers") - before) * 1e9 / (System.nanoTime() - since);
        report(
                node,
                stormSeconds,
                kibEach,
                threads,
                idleCpu,
                perSecond,
                clients.number("lost"),
                clients.number("round"),
                clients.number("retries"));
    }

    private void awaitConnected(BlockingNetworkNode node, int count) throws InterruptedException {
        while (node.connected().size() < count) {
            environment.sleep(Duration.ofMillis(20));
        }
    }

    /** Processors that this node keeps busy while its clients only keep alive. */
    private double cpuOfIdle() throws InterruptedException {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = system.getProcessCpuTime();
        long since = System.nanoTime();
        environment.sleep(Duration.ofSeconds(settings.seconds()));
        return (double) (system.getProcessCpuTime() - cpu) / (System.nanoTime() - since);
    }

    /** Live objects only. */
    private static long heap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static int platformThreads() {
        return ManagementFactory.getThreadMXBean().getThreadCount();
    }

    private void report(
            BlockingNetworkNode node,
            double stormSeconds,
            double kibEach,
            int threads,
            double idleCpu,
            double perSecond,
            long lost,
            long longestRoundMillis,
            long retries)
            throws IOException {
        NetworkCounters.Snapshot counts = node.counters().snapshot();
        String json = String.format(
                Locale.ROOT,
                "{%n  \"benchmark\": \"connections\",%n  \"settings\": \"%s\",%n  \"machine\": \"%s\",%n  \"connected\": %d,%n"
                        + "  \"stormSeconds\": %.1f,%n  \"heapKibPerIdleConnection\": %.1f,%n  \"platformThreadsMore\": %d,%n"
                        + "  \"virtualThreadsPerConnection\": 2,%n  \"processorsForHeartbeatsOfIdle\": %.2f,%n  \"answersPerSecond\": %.0f,%n  \"established\": %d,%n  \"establishedLostByNode\": %d,%n"
                        + "  \"establishedLostByClients\": %d,%n  \"lostBySilence\": %d,%n  \"clientsLongestRoundOfHeartbeatsMillis\": %d,%n"
                        + "  \"handshakesCutByDeadline\": %d,%n  \"retries\": %d%n}%n",
                settings.describe(),
                TransportBench.machine(),
                node.connected().size(),
                stormSeconds,
                kibEach,
                threads,
                idleCpu,
                perSecond,
                established.ups.get(),
                established.downs.get(),
                lost,
                counts.silences(),
                longestRoundMillis,
                counts.rejections().get(RejectionReason.DEADLINE),
                retries);
        System.out.print(json);
        Path file = Files.writeString(
                Files.createDirectories(Path.of("target", "bench")).resolve("connections.json"), json);
        System.out.println("written: " + file.toAbsolutePath());
    }
}
