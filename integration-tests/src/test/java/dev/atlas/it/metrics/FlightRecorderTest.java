package dev.atlas.it.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.replica.metrics.ViewChangeEvent;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.moditect.jfrunit.EnableEvent;
import org.moditect.jfrunit.JfrEventTest;
import org.moditect.jfrunit.JfrEvents;

/** What a user sees in the flight recorder; and that nothing pins a carrier thread. */
@JfrEventTest
@Timeout(120)
public class FlightRecorderTest {

    public JfrEvents jfrEvents = new JfrEvents();

    @Test
    @EnableEvent("atlas.ClientRequest")
    @EnableEvent("atlas.ConsensusInstance")
    @EnableEvent("atlas.BatchExecution")
    @EnableEvent("atlas.ViewChange")
    @EnableEvent("atlas.CheckpointStable")
    @EnableEvent("jdk.VirtualThreadPinned")
    public void aRunThroughAViewChangeIsRecordedAndPinsNoCarrier() throws Exception {
        run();
        // The first run loads and initialises classes, which pins for a moment, once in a process.
        jfrEvents.reset();
        run();
        jfrEvents.awaitEvents();
        assertThat(events("atlas.ClientRequest")).isGreaterThanOrEqualTo(21);
        assertThat(events("atlas.ConsensusInstance")).isGreaterThanOrEqualTo(20 * 3);
        assertThat(events("atlas.BatchExecution")).isGreaterThanOrEqualTo(20 * 3);
        assertThat(events("atlas.CheckpointStable")).isPositive();
        assertThat(events("atlas.ViewChange")).isGreaterThanOrEqualTo(3);
        assertThat(causes())
                .contains("PRIMARY_TIMED_OUT")
                .isSubsetOf("PRIMARY_TIMED_OUT", "OTHERS_ASKED", "NEW_VIEW_TIMED_OUT", ViewChangeEvent.FOLLOWED);
        assertThat(jfrEvents
                        .events()
                        .filter(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
                        .filter(event -> !isOfTheJdksMaking(event))
                        .map(RecordedEvent::toString))
                .isEmpty();
    }

    private static void run() throws Exception {
        var options = LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(8));
        try (var cluster = LocalCluster.start(options, new KeyValueStore());
                var client = cluster.client()) {
            for (int number = 0; number < 20; number++) {
                client.execute(put(number));
            }
            cluster.kill(0);
            client.execute(put(20));
        }
    }

    /**
     * What the first run did not reach may still load a class, and the recorder pins a thread that writes a new string: both are the
     * JDK's. A pin below a millisecond stalls nobody.
     */
    private static boolean isOfTheJdksMaking(RecordedEvent event) {
        return event.getDuration().compareTo(Duration.ofMillis(1)) < 0
                || event.toString().contains("initialization of")
                || (event.getStackTrace() != null
                        && event.getStackTrace().getFrames().stream()
                                .map(frame -> frame.getMethod().getType().getName())
                                .anyMatch(type -> type.endsWith("ClassLoader") || type.startsWith("jdk.jfr.")));
    }

    private Set<String> causes() {
        return jfrEvents
                .events()
                .filter(event -> event.getEventType().getName().equals("atlas.ViewChange"))
                .map(event -> event.getString("cause"))
                .collect(Collectors.toSet());
    }

    private long events(String name) {
        return jfrEvents
                .events()
                .filter(event -> event.getEventType().getName().equals(name))
                .count();
    }

    private static KeyValueRequest put(int number) {
        return new KeyValueRequest.Put(ByteString.copyFromUtf8("k" + number), ByteString.copyFromUtf8("v"));
    }
}
