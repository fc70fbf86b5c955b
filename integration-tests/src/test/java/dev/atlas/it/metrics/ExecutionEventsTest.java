package dev.atlas.it.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.exec.divisible.MultiThreadedDivisibleExecutor;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.moditect.jfrunit.EnableEvent;
import org.moditect.jfrunit.JfrEventTest;
import org.moditect.jfrunit.JfrEvents;

/** What execution shows in the flight recorder. */
@JfrEventTest
@Timeout(120)
public class ExecutionEventsTest {

    private static final int PUTS = 64;

    public JfrEvents jfrEvents = new JfrEvents();

    @Test
    @EnableEvent("atlas.BatchExecution")
    @EnableEvent("atlas.Replies")
    @EnableEvent("atlas.Speculation")
    @EnableEvent("atlas.UnorderedExecution")
    @EnableEvent("atlas.CheckpointPause")
    @EnableEvent("atlas.CheckpointHash")
    public void batchesRepliesSpeculationReadsAndCheckpointsAreRecorded() throws Exception {
        KeyValueStore store = new KeyValueStore();
        var options = LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(4));
        try (var cluster = LocalCluster.start(
                        options, store, MultiThreadedDivisibleExecutor.of(store, SpeculationSettings.always(2)));
                var client = cluster.client()) {
            for (int round = 0; round < 8; round++) {
                List<CompletableFuture<?>> puts = new ArrayList<>();
                for (int number = 0; number < PUTS / 8; number++) {
                    puts.add(client.submit(new KeyValueRequest.Put(key(number), key(round))));
                }
                puts.forEach(CompletableFuture::join);
            }
            client.executeUnordered(new KeyValueRequest.Get(key(1)));
        }
        jfrEvents.awaitEvents();
        assertThat(sum("atlas.BatchExecution", "operations")).isGreaterThanOrEqualTo(3 * PUTS);
        assertThat(sum("atlas.BatchExecution", "latency")).isPositive();
        assertThat(sum("atlas.Replies", "clients")).isPositive();
        assertThat(sum("atlas.Speculation", "incarnations")).isGreaterThanOrEqualTo(3 * PUTS);
        assertThat(sum("atlas.UnorderedExecution", "operations")).isPositive();
        assertThat(sum("atlas.CheckpointPause", "sequence")).isPositive();
        assertThat(sum("atlas.CheckpointHash", "sequence")).isPositive();
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8("k" + number);
    }

    private long sum(String name, String field) {
        return jfrEvents
                .events()
                .filter(event -> event.getEventType().getName().equals(name))
                .mapToLong((RecordedEvent event) -> event.getLong(field))
                .sum();
    }
}
