package dev.atlas.it.cluster;

import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import dev.atlas.replica.orchestrator.ReplicaFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One replica as a process of its own: {@code ReplicaProgram <directory> <number> <start mode>}. It answers {@value #STATUS} on its standard input, and is
 * closed when that ends, so it never outlives whoever started it. Exit code 1, with the reason, if it cannot start or fails.
 */
final class ReplicaProgram {

    /** What it prints once it listens. */
    static final String READY = "ready";

    /** What it is asked. */
    static final String STATUS = "status";

    /** What it answers when it has no status to give. */
    static final String NO_STATUS = "no status";

    private ReplicaProgram() {}

    public static void main(String[] arguments) throws Exception {
        ClusterFile cluster = ClusterFile.read(Path.of(arguments[0]));
        int number = Integer.parseInt(arguments[1]);
        try {
            MonolithicReplica replica = MonolithicReplica.bootstrap(
                    cluster.config(number, StartMode.valueOf(arguments[2])),
                    cluster.options().served().factory());
            System.out.println(READY);
            Thread.ofPlatform().daemon().name("parent").start(() -> serveParent(replica));
            replica.run();
            System.exit(0);
        } catch (ReplicaFailure failure) {
            System.err.println(failure.getMessage());
            System.exit(1);
        }
    }

    private static void serveParent(MonolithicReplica replica) {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                System.out.println(line.equals(STATUS) ? status(replica) : "no such question: " + line);
            }
        } catch (IOException gone) {
            System.err.println("the parent is gone: " + gone.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        replica.close();
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
