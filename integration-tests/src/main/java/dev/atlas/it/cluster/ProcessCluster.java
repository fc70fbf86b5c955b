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
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.storage.Genesis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A cluster with a process for each replica, on this machine, over loopback. One thread drives it. */
public final class ProcessCluster implements AutoCloseable {

    private static final int EXIT_SECONDS = 15;
    private static final Duration POLL = Duration.ofMillis(50);

    private final Environment environment;
    private final ProcessOptions options;
    private final ClusterFile file;
    private final TreeMap<Integer, Process> running = new TreeMap<>();
    private final List<SmrClient<?, ?>> clients = new ArrayList<>();
    private boolean kept;

    private ProcessCluster(Environment environment, ProcessOptions options, ClusterFile file) {
        this.environment = environment;
        this.options = options;
        this.file = file;
    }

    /** In the system's directory for temporary files. */
    public static ProcessCluster start(Environment environment, ProcessOptions options) throws IOException {
        return start(environment, Path.of(System.getProperty("java.io.tmpdir")), options);
    }

    /**
     * Creates a cluster in a new directory, starts every replica and waits until all listen.
     *
     * @param above where the directory is created
     * @throws IOException with what it printed, if one does not start
     */
    public static ProcessCluster start(Environment environment, Path above, ProcessOptions options) throws IOException {
        Path directory = Files.createTempDirectory(above, "atlas-cluster");
        ProcessCluster cluster =
                new ProcessCluster(environment, options, ClusterFile.create(directory, options, environment.random()));
        try {
            cluster.create();
            return cluster;
        } catch (IOException | RuntimeException failure) {
            cluster.close();
            throw failure;
        }
    }

    private void create() throws IOException {
        boolean durable = options.durability() != DurabilityMode.NONE;
        Set<Integer> all = all();
        if (durable) {
            for (int number : all) {
                Genesis.create(file.records(number), file.config(number, StartMode.LEARNER));
            }
        }
        launch(all, durable ? StartMode.LEARNER : StartMode.GENESIS);
    }

    /** Starts replicas that do not run, at the same time, each with what it has, and waits until they listen. */
    public void restart(Set<Integer> numbers) throws IOException {
        launch(numbers, StartMode.LEARNER);
    }

    private void launch(Set<Integer> numbers, StartMode mode) throws IOException {
        for (int number : numbers) {
            launch(number, mode);
        }
        for (int number : numbers) {
            awaitReady(number);
        }
    }

    private void launch(int number, StartMode mode) throws IOException {
        if (running.containsKey(number)) {
            throw new IllegalArgumentException("replica " + number + " runs already");
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(options.javaOptions());
        command.addAll(List.of(
                "-classpath",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                ReplicaProgram.class.getName(),
                file.directory().toString(),
                Integer.toString(number),
                mode.name()));
        running.put(
                number,
                new ProcessBuilder(command)
                        .redirectError(
                                ProcessBuilder.Redirect.appendTo(log(number).toFile()))
                        .start());
    }

    private void awaitReady(int number) throws IOException {
        String line = process(number).inputReader().readLine();
        if (!ReplicaProgram.READY.equals(line)) {
            throw new IOException("replica " + number + " did not start: " + line + "\n" + endOfOutput(number));
        }
    }

    /** Kills replicas with SIGKILL, all before it waits for the end of any. */
    public void kill(Set<Integer> numbers) throws InterruptedException {
        List<Process> killed = numbers.stream().map(this::process).toList();
        killed.forEach(Process::destroyForcibly);
        for (Process process : killed) {
            process.waitFor();
        }
        numbers.forEach(running::remove);
    }

    /** Ends replicas in order, all at the same time. */
    public void stop(Set<Integer> numbers) throws IOException {
        List<Process> stopped = numbers.stream().map(this::process).toList();
        stop(stopped);
        numbers.forEach(running::remove);
    }

    /** A process that does not end by itself is killed. */
    private static void stop(List<Process> processes) throws IOException {
        for (Process process : processes) {
            try {
                process.getOutputStream().close();
            } catch (IOException gone) {
                if (process.isAlive()) {
                    throw gone;
                }
            }
        }
        for (Process process : processes) {
            try {
                if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException interrupted) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Removes what a replica that does not run has on disk. */
    public void wipe(int number) throws IOException {
        if (running.containsKey(number)) {
            throw new IllegalArgumentException("replica " + number + " runs");
        }
        delete(file.records(number));
    }

    /** Has a running replica lose its disk and begin anew in the JVM in which it runs, which knows its code by now; waits until it listens. */
    public void renew(int number) throws IOException {
        Writer command = process(number).outputWriter();
        command.write(ReplicaProgram.RENEW + "\n");
        command.flush();
        awaitReady(number);
    }

    public Set<Integer> all() {
        Set<Integer> all = new TreeSet<>();
        for (int number = 0; number < options.replicas(); number++) {
            all.add(number);
        }
        return all;
    }

    /** Numbers of the replicas that run. */
    public Set<Integer> running() {
        return new TreeSet<>(running.keySet());
    }

    /** What a replica says of itself; empty if it does not answer, or has ended. */
    public Optional<ProcessStatus> status(int number) throws IOException {
        Process process = process(number);
        Writer question = process.outputWriter();
        BufferedReader answer = process.inputReader();
        try {
            question.write(ReplicaProgram.STATUS + "\n");
            question.flush();
            String line = answer.readLine();
            return line == null || line.equals(ReplicaProgram.NO_STATUS)
                    ? Optional.empty()
                    : Optional.of(ProcessStatus.parse(line));
        } catch (IOException gone) {
            if (process.isAlive()) {
                throw gone;
            }
            return Optional.empty();
        }
    }

    /** What all running replicas say, those that do not answer left out. */
    public Map<Integer, ProcessStatus> statuses() throws IOException {
        TreeMap<Integer, ProcessStatus> statuses = new TreeMap<>();
        for (int number : running.keySet()) {
            status(number).ifPresent(status -> statuses.put(number, status));
        }
        return statuses;
    }

    /**
     * Waits until a condition holds.
     *
     * @throws AssertionError with every replica's status and output, if it does not within the deadline, or a replica ends
     */
    public void await(String what, Duration deadline, Callable<Boolean> condition) throws Exception {
        long end = environment.clock().nanoTime() + deadline.toNanos();
        while (!condition.call()) {
            if (environment.clock().nanoTime() > end
                    || !running.values().stream().allMatch(Process::isAlive)) {
                throw new AssertionError(
                        "not within " + deadline + ", or a replica has ended: " + what + "\n" + describe());
            }
            environment.sleep(POLL);
        }
    }

    /** Waits until all replicas run, vote, and have executed the same with the same state. */
    public void awaitEqualVoters(Duration deadline) throws Exception {
        await("every replica a voter, and equal states", deadline, () -> {
            Map<Integer, ProcessStatus> statuses = statuses();
            return statuses.size() == options.replicas()
                    && statuses.values().stream().noneMatch(ProcessStatus::learner)
                    && statuses.values().stream()
                                    .map(status -> List.of(status.executed(), status.stateDigest()))
                                    .distinct()
                                    .count()
                            == 1;
        });
    }

    /** Statuses, and the end of what each replica has printed. */
    public String describe() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int number : all()) {
            text.append("replica ")
                    .append(number)
                    .append(running.containsKey(number) ? " " + status(number) : " does not run")
                    .append('\n')
                    .append(endOfOutput(number));
        }
        return text.toString();
    }

    /** What a replica has printed in all its lives. */
    public String output(int number) throws IOException {
        return Files.exists(log(number)) ? Files.readString(log(number)) : "";
    }

    private String endOfOutput(int number) throws IOException {
        int most = 4000;
        String all = output(number);
        return all.substring(Math.max(0, all.length() - most));
    }

    public Process process(int number) {
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
                        options.tls() ? new TlsTransport(tcp, pair) : tcp,
                        LocalIdentity.client(ClusterFile.CLUSTER_ID, ClusterFile.SCHEME, pair),
                        file.addresses(),
                        options.tls() ? NetworkConfig.DEFAULT : NetworkConfig.DEFAULT.withPlaintext(),
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

    public Path directory() {
        return file.directory();
    }

    /** Where a replica has its records. */
    public Path records(int number) {
        return file.records(number);
    }

    /** The directory stays when the cluster is closed, for whoever wants to see what happened. */
    public Path keep() {
        kept = true;
        return file.directory();
    }

    /** Ends clients and processes, and removes the directory. A process that does not end by itself is killed. */
    @Override
    public void close() throws IOException {
        clients.forEach(SmrClient::close);
        stop(List.copyOf(running.values()));
        running.clear();
        if (!kept) {
            delete(file.directory());
        }
    }

    /** With all that is in it. */
    public static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private Path log(int number) {
        return file.directory().resolve("replica-" + number + ".log");
    }
}
