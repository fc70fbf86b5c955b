package dev.atlas.it.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator sees of a replica that was away for longer than any log reaches back. */
@Timeout(120)
class CatchUpTest {

    private static final String CATCH_UP = "atlas.CatchUp";
    private static final String STATE = "atlas.StateTransferProgress";
    private static final int PERIOD = 8;
    private static final int OPERATIONS = 120;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ReplicaId AWAY = new ReplicaId(3);
    private static final List<RecordedEvent> EVENTS = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void beAway() throws Exception {
        EVENTS.clear();
        try (RecordingStream recorder = new RecordingStream()) {
            for (String name : List.of(CATCH_UP, STATE)) {
                recorder.enable(name);
                recorder.onEvent(name, EVENTS::add);
            }
            recorder.setReuse(false);
            recorder.startAsync();
            run();
            recorder.stop();
        }
    }

    /** The replica comes back to peers that say how far they are, and help only when it has been seen to be late: they would be too fast otherwise. */
    private static void run() throws Exception {
        var options = LocalCluster.Options.of(4)
                .over(LocalCluster.Security.IN_MEMORY)
                .ordering(ordering -> ordering.withCheckpointPeriod(PERIOD));
        try (var cluster = LocalCluster.start(options, new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put(0));
            cluster.awaitEqualStates(PATIENCE);
            cluster.links().partition(Set.of(AWAY), Set.of(new ReplicaId(0), new ReplicaId(1), new ReplicaId(2)));
            for (int number = 1; number < OPERATIONS; number++) {
                client.execute(put(number));
            }
            AtomicBoolean helpful = new AtomicBoolean();
            cluster.links()
                    .addOrdering((from, to, message) ->
                            helpful.get() || !to.equals(AWAY) || message instanceof OrderingMessage.Status
                                    ? Optional.of(message)
                                    : Optional.empty());
            cluster.links().reconnect();
            cluster.await("late", PATIENCE, () -> !events(CATCH_UP).isEmpty());
            helpful.set(true);
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void itTellsHowFarBehindItIsAndWhenItHasCaughtUp() {
        RecordedEvent first = events(CATCH_UP).getFirst();
        assertThat(first.getLong("decided")).isLessThan(first.getLong("others") - PERIOD);
        assertThat(first.getBoolean("over")).isFalse();
        RecordedEvent last = events(CATCH_UP).getLast();
        assertThat(last.getBoolean("over")).isTrue();
        assertThat(last.getLong("decided")).isGreaterThanOrEqualTo(first.getLong("others"));
    }

    @Test
    void itTellsHowMuchOfAStateItHas() {
        RecordedEvent first = events(STATE).getFirst();
        assertThat(first.getLong("sequence")).isGreaterThan(PERIOD);
        assertThat(first.getInt("parts")).isZero();
        assertThat(first.getInt("ofParts")).isGreaterThanOrEqualTo(2);
    }

    private static List<RecordedEvent> events(String name) {
        return EVENTS.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .toList();
    }

    private static KeyValueRequest put(int number) {
        return new KeyValueRequest.Put(ByteString.copyFromUtf8("k" + number), ByteString.copyFromUtf8("v"));
    }
}
