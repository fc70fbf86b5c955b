package dev.atlas.it.cluster;

import dev.atlas.core.application.Codec;
import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.Environment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.replica.config.StartMode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A cluster with a process for each replica, on this machine, over loopback. One thread drives it. */
public final class ProcessCluster implements AutoCloseable {

    private static final int EXIT_SECONDS = 15;

    private final Environment environment;
    private final ClusterFile file;
    private final TreeMap<Integer, Process> running = new TreeMap<>();
    private final List<SmrClient<?, ?>> clients = new ArrayList<>();

    private ProcessCluster(Environment environment, ClusterFile file) {
        this.environment = environment;
        this.file = file;
    }

    /**
     * Starts every replica and waits until all listen.
     *
     * @param replyBytes for a replica that answers every request with so many bytes; -1 for the key/value store
     * @throws IOException with what it printed, if one does not start
     */
    public static ProcessCluster start(Environment environment, int replicas, boolean tls, int replyBytes)
            throws IOException {
        Path directory = Files.createTempDirectory("atlas-cluster");
        ProcessCluster cluster = new ProcessCluster(
                environment, ClusterFile.create(directory, replicas, tls, replyBytes, environment.random()));
        try {
            for (int number = 0; number < replicas; number++) {
                cluster.launch(number, StartMode.GENESIS);
            }
            for (int number = 0; number < replicas; number++) {
                cluster.awaitReady(number);
            }
            return cluster;
        } catch (IOException | RuntimeException failure) {
            cluster.close();
            throw failure;
        }
    }

    private void launch(int number, StartMode mode) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-classpath",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        ReplicaProgram.class.getName(),
                        file.directory().toString(),
                        Integer.toString(number),
                        mode.name())
                .redirectError(ProcessBuilder.Redirect.appendTo(log(number).toFile()))
                .start();
        running.put(number, process);
    }

    private void awaitReady(int number) throws IOException {
        Process process = process(number);
        BufferedReader output = process.inputReader();
        String line = output.readLine();
        if (!ReplicaProgram.READY.equals(line)) {
            throw new IOException(
                    "replica " + number + " did not start: " + line + "\n" + Files.readString(log(number)));
        }
    }

    /** Kills a replica with SIGKILL. */
    public void kill(int number) throws InterruptedException {
        process(number).destroyForcibly().waitFor();
        running.remove(number);
    }

    private Process process(int number) {
        Process process = running.get(number);
        if (process == null) {
            throw new IllegalArgumentException("replica " + number + " does not run");
        }
        return process;
    }

    /** A client in this process, with a key of its own. */
    public <Q, R> SmrClient<Q, R> client(ClientConfig config, Codec<Q> requests, Codec<R> replies) {
        SignatureScheme.KeyPair pair = ClusterFile.SCHEME.generate(environment.random());
        TcpTransport tcp = new TcpTransport();
        SmrClient<Q, R> client = new SmrClient<>(
                environment,
                new BlockingNetworkNode(
                        environment,
                        file.tls() ? new TlsTransport(tcp, pair) : tcp,
                        LocalIdentity.client(ClusterFile.CLUSTER_ID, ClusterFile.SCHEME, pair),
                        file.addresses(),
                        file.tls() ? NetworkConfig.DEFAULT : NetworkConfig.DEFAULT.withPlaintext(),
                        List.of()),
                ClusterFile.CLUSTER_ID,
                file.membership(),
                pair,
                config,
                requests,
                replies);
        clients.add(client);
        return client;
    }

    /** Ends clients and processes, and removes the directory. A process that does not end by itself is killed. */
    @Override
    public void close() throws IOException {
        clients.forEach(SmrClient::close);
        for (Process process : running.values()) {
            process.getOutputStream().close();
        }
        for (Process process : running.values()) {
            try {
                if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException interrupted) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        try (Stream<Path> files = Files.walk(file.directory())) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private Path log(int number) {
        return file.directory().resolve("replica-" + number + ".log");
    }
}
