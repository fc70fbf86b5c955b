package dev.atlas.it.cluster;

import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One replica as a process of its own: {@code ReplicaProgram <directory> <number>}. It ends when its standard input does, so it never outlives
 * whoever started it.
 */
final class ReplicaProgram {

    /** What it prints once it listens. */
    static final String READY = "ready";

    private ReplicaProgram() {}

    public static void main(String[] arguments) throws Exception {
        ClusterFile cluster = ClusterFile.read(Path.of(arguments[0]));
        int number = Integer.parseInt(arguments[1]);
        ReplicaConfig defaults = ReplicaConfig.of(
                ClusterFile.CLUSTER_ID,
                new ReplicaId(number),
                cluster.membership(),
                cluster.addresses(),
                ClusterFile.SCHEME,
                cluster.keys().get(number),
                List.of(cluster.address(number)),
                StartMode.valueOf(arguments[2]));
        ReplicaConfig config = cluster.tls()
                ? defaults
                : defaults.withNetwork(defaults.network().withPlaintext());
        MonolithicReplica replica = cluster.replyBytes() < 0
                ? MonolithicReplica.bootstrap(config, new KeyValueStore())
                : MonolithicReplica.bootstrap(config, new Echo(cluster.replyBytes()));
        System.out.println(READY);
        Thread.ofPlatform().daemon().name("parent").start(() -> closeWithParent(replica));
        replica.run();
    }

    private static void closeWithParent(MonolithicReplica replica) {
        try {
            while (System.in.read() >= 0) {
                // Nothing is said on it: only its end means something.
            }
        } catch (IOException gone) {
            System.err.println("the parent is gone: " + gone.getMessage());
        }
        replica.close();
    }
}
