package dev.atlas.it.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator sees of a replica that was away. */
@Timeout(120)
class CatchUpTest {

    private static final int AWAY = 40;

    @Test
    void aReplicaThatWasAwayTellsHowFarBehindItIsAndWhenItHasCaughtUp() throws Exception {
        List<RecordedEvent> events = new CopyOnWriteArrayList<>();
        try (RecordingStream recorder = new RecordingStream()) {
            recorder.enable("atlas.CatchUp");
            recorder.onEvent("atlas.CatchUp", events::add);
            recorder.setReuse(false);
            recorder.startAsync();
            beAway();
            recorder.stop();
        }
        RecordedEvent first = events.getFirst();
        assertThat(first.getLong("decided")).isLessThan(first.getLong("others") - 8);
        assertThat(first.getBoolean("over")).isFalse();
        RecordedEvent last = events.getLast();
        assertThat(last.getBoolean("over")).isTrue();
        assertThat(last.getLong("decided")).isGreaterThanOrEqualTo(AWAY);
        assertThat(events).filteredOn(event -> event.getBoolean("over")).hasSize(1);
    }

    private static void beAway() throws Exception {
        var options = LocalCluster.Options.of(4)
                .over(LocalCluster.Security.IN_MEMORY)
                .ordering(ordering -> ordering.withCheckpointPeriod(8));
        try (var cluster = LocalCluster.start(options, new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put(0));
            cluster.awaitEqualStates(Duration.ofSeconds(30));
            cluster.links()
                    .partition(Set.of(new ReplicaId(3)), Set.of(new ReplicaId(0), new ReplicaId(1), new ReplicaId(2)));
            for (int number = 1; number < AWAY; number++) {
                client.execute(put(number));
            }
            cluster.links().reconnect();
            cluster.awaitEqualStates(Duration.ofSeconds(60));
        }
    }

    private static KeyValueRequest put(int number) {
        return new KeyValueRequest.Put(ByteString.copyFromUtf8("k" + number), ByteString.copyFromUtf8("v"));
    }
}
