package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client with large requests must not fill the memory of replicas, however many slots the window has. */
@Timeout(120)
class RetainedBytesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int LARGE = 128 * 1024;
    private static final int REQUESTS = 120;
    private static final long BOUND = 2L << 20;
    private static final int AWAY = 3;

    /** What is in the pipeline when the bound is met, each batch of one bundle. */
    private static final long SLACK = 2L * (LARGE + 4096);

    private static LocalCluster.Options options() {
        return LocalCluster.Options.of(4)
                .ordering(ordering -> ordering.withCheckpointPeriod(40).withPipelineDepth(2))
                .requests(requests -> requests.withBundlesPerBatch(1))
                .replica(config -> config.withRetainedBytes(BOUND));
    }

    @Test
    void largeRequestsAreAnsweredWithinTheBoundAndWhoWasAwayFetchesTheState() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            cluster.links()
                    .partition(
                            Set.of(new ReplicaId(AWAY)), Set.of(new ReplicaId(0), new ReplicaId(1), new ReplicaId(2)));
            long most = 0;
            for (int number = 0; number < REQUESTS; number++) {
                write(client, number);
                most = Math.max(most, retained(cluster));
            }
            assertThat(most).as("the bound was met").isBetween(BOUND / 2, BOUND + SLACK);
            long decided = decided(cluster, 0);
            assertThat(decided).as("null batches lead to the checkpoints").isGreaterThan(REQUESTS + 40);
            cluster.links().reconnect();
            cluster.await("it catches up", PATIENCE, () -> decided(cluster, AWAY) >= decided);
            write(client, REQUESTS);
            cluster.awaitEqualStates(PATIENCE);
            assertThat(retained(cluster)).isLessThanOrEqualTo(BOUND + SLACK);
        }
    }

    @Test
    void replicasOfOneHeapDivideWhatOneAloneWouldRetain() throws Exception {
        Queue<Long> each = new ConcurrentLinkedQueue<>();
        var options = LocalCluster.Options.of(4).replica(config -> {
            each.add(config.retainedBytes());
            return config;
        });
        try (var cluster = LocalCluster.start(options, new KeyValueStore())) {
            assertThat(cluster.running()).hasSize(4);
        }
        assertThat(each).containsOnly(Runtime.getRuntime().maxMemory() / 4 / 4);
    }

    private static void write(SmrClient<KeyValueRequest, KeyValueReply> client, int number) throws Exception {
        client.submit(new KeyValueRequest.Put(
                        ByteString.copyFromUtf8("key" + number % 4), ByteString.copyFrom(new byte[LARGE])))
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static long retained(LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster)
            throws InterruptedException {
        long most = 0;
        for (MonolithicReplica replica : cluster.running()) {
            most = Math.max(most, replica.status().orchestrator().retainedBytes());
        }
        return most;
    }

    private static long decided(LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster, int number)
            throws InterruptedException {
        return cluster.replica(number)
                .orElseThrow()
                .status()
                .orchestrator()
                .ordering()
                .decided();
    }
}
