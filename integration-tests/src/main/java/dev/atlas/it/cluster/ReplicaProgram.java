package dev.atlas.it.cluster;

import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import dev.atlas.replica.orchestrator.ReplicaFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * One replica as a process of its own: {@code ReplicaProgram <directory> <number> <start mode>}. It answers {@value #STATUS} and {@value #RENEW} on its standard
 * input, and is closed when that ends, so it never outlives whoever started it. Exit code 1, with the reason, if it cannot start or fails.
 */
final class ReplicaProgram {

    /** What it prints once it listens. */
    static final String READY = "ready";

    /** What it is asked. */
    static final String STATUS = "status";

    /** What it answers when it has no status to give. */
    static final String NO_STATUS = "no status";

    /** Makes it close its replica, delete what that has on disk, and start another in the same JVM, which has nothing: {@link #READY}. */
    static final String RENEW = "renew";

    private final ClusterFile cluster;
    private final int number;

    /** Replicas to run, one after the other; empty behind the last. */
    private final BlockingQueue<Optional<MonolithicReplica>> next = new LinkedBlockingQueue<>();

    /** The only reference for long: a replica that was renewed would keep its state in memory by any other. */
    private volatile MonolithicReplica replica;

    private ReplicaProgram(ClusterFile cluster, int number, StartMode mode) {
        this.cluster = cluster;
        this.number = number;
        this.replica = start(mode);
    }

    public static void main(String[] arguments) throws Exception {
        try {
            ReplicaProgram program = new ReplicaProgram(
                    ClusterFile.read(Path.of(arguments[0])),
                    Integer.parseInt(arguments[1]),
                    StartMode.valueOf(arguments[2]));
            Thread.ofPlatform().daemon().name("parent").start(program::serveParent);
            program.run();
            System.exit(0);
        } catch (ReplicaFailure failure) {
            fail(failure);
        }
    }

    private static void fail(ReplicaFailure failure) {
        System.err.println(failure.getMessage());
        System.exit(1);
    }

    private MonolithicReplica start(StartMode mode) {
        MonolithicReplica started = MonolithicReplica.bootstrap(
                cluster.config(number, mode), cluster.options().served().factory());
        next.add(Optional.of(started));
        System.out.println(READY);
        return started;
    }

    private void run() throws InterruptedException {
        for (Optional<MonolithicReplica> running = next.take(); running.isPresent(); running = next.take()) {
            running.get().run();
        }
    }

    private void serveParent() {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                switch (line) {
                    case STATUS -> System.out.println(status(replica));
                    case RENEW -> renew();
                    default -> System.out.println("no such question: " + line);
                }
            }
        } catch (IOException gone) {
            System.err.println("the parent is gone: " + gone.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ReplicaFailure failure) {
            fail(failure);
        }
        replica.close();
        next.add(Optional.empty());
    }

    private void renew() throws IOException {
        replica.close();
        ProcessCluster.delete(cluster.records(number));
        replica = start(StartMode.LEARNER);
    }

    private static String status(MonolithicReplica replica) throws InterruptedException {
        try {
            return ProcessStatus.of(replica.status()).line();
        } catch (IllegalStateException silent) {
            System.err.println(silent.getMessage());
            return NO_STATUS;
        }
    }
}
