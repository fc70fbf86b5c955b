package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import dev.atlas.replica.orchestrator.ReplicaFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Out of memory in a thread that would be started again, or that ends alone: nobody knows what it left half done, so the replica stops. */
@Timeout(60)
class FatalErrorTest {

    private static final ReplicaId SOURCE = new ReplicaId(0);
    private static final int AWAY = 3;

    @Test
    void anErrorOfTheVirtualMachineInAThreadBesidesStopsTheReplicaWithItsCause() throws Exception {
        OutOfMemoryError error = new OutOfMemoryError("injected by the test");
        CountDownLatch recorded = new CountDownLatch(1);
        AtomicReference<String> cause = new AtomicReference<>("");
        try (RecordingStream recorder = new RecordingStream();
                var cluster = LocalCluster.start(
                        LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(4)),
                        new KeyValueStore());
                var client = cluster.client()) {
            recorder.enable("atlas.ReplicaFailure");
            recorder.onEvent("atlas.ReplicaFailure", event -> {
                cause.set(cause(event));
                recorded.countDown();
            });
            recorder.startAsync();
            MonolithicReplica replica = cluster.replica(SOURCE.number()).orElseThrow();
            cluster.links().partition(Set.of(new ReplicaId(AWAY)), Set.of(SOURCE, new ReplicaId(1), new ReplicaId(2)));
            for (int number = 0; number < 60; number++) {
                client.execute(new KeyValueRequest.Put(ByteString.copyFromUtf8("k" + number), ByteString.EMPTY));
            }
            // What a state's server sends, it sends on a supervised thread that nobody waits for.
            cluster.links().add((from, to, module, payload) -> {
                if (from.equals(SOURCE) && module == ModuleId.STATE_TRANSFER) {
                    throw error;
                }
                return Optional.of(payload);
            });
            cluster.links().reconnect();
            cluster.await("it stops", Duration.ofSeconds(20), replica::isClosed);
            assertThatThrownBy(replica::run)
                    .isInstanceOf(ReplicaFailure.class)
                    .hasMessageContaining("injected by the test")
                    .hasRootCause(error);
            assertThat(recorded.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(cause.get()).contains("injected by the test");
        }
    }

    private static String cause(RecordedEvent event) {
        return event.getString("cause");
    }
}
