package dev.atlas.it.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.speculative.SpeculativeRunner;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.env.SystemEnvironment;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.moditect.jfrunit.EnableEvent;
import org.moditect.jfrunit.JfrEventTest;
import org.moditect.jfrunit.JfrEvents;

/** What the flight recorder says of speculation: attempts, aborts, executions that were repeated, and blocks that were not run in parallel at all. */
@JfrEventTest
@Timeout(60)
public class SpeculationEventsTest {

    /** The first operation of the second worker. */
    private static final int LATER = 8;

    private static final int OPERATIONS = 2 * LATER;
    private static final ByteString KEY = ByteString.copyFromUtf8("key");

    public JfrEvents jfrEvents = new JfrEvents();

    private final CountDownLatch laterHasRead = new CountDownLatch(1);

    @Test
    @EnableEvent("atlas.Speculation")
    public void aRepeatedExecutionIsAnAbortAndOneMoreIncarnationAndASequentialBlockHasNone() {
        try (SystemEnvironment environment = SystemEnvironment.create("events", 2)) {
            List<Integer> results = new SpeculativeRunner(environment, SpeculationSettings.always(2))
                    .run(new KeyValueState(), OPERATIONS, this::conflicting);
            assertThat(results.get(LATER)).as("what the first has written").isEqualTo(1);
            new SpeculativeRunner(environment, SpeculationSettings.adaptive(2))
                    .run(new KeyValueState(), OPERATIONS, (view, index) -> index);
        }
        jfrEvents.awaitEvents();
        List<RecordedEvent> blocks = jfrEvents
                .events()
                .filter(event -> event.getEventType().getName().equals("atlas.Speculation"))
                .toList();
        assertThat(blocks).hasSize(2);
        RecordedEvent speculative = blocks.getFirst();
        assertThat(speculative.getBoolean("speculative")).isTrue();
        assertThat(speculative.getInt("operations")).isEqualTo(OPERATIONS);
        assertThat(speculative.getLong("aborts")).isEqualTo(1);
        assertThat(speculative.getLong("incarnations")).isEqualTo(OPERATIONS + 1);
        RecordedEvent sequential = blocks.getLast();
        assertThat(sequential.getBoolean("speculative"))
                .as("costs are not known yet")
                .isFalse();
        assertThat(sequential.getInt("operations")).isEqualTo(OPERATIONS);
        assertThat(sequential.getLong("incarnations")).isZero();
        assertThat(sequential.getLong("aborts")).isZero();
    }

    /** The later one reads what the first is going to write, before it does. */
    private int conflicting(CrudState view, int index) {
        if (index == 0) {
            awaitLater();
            view.update("c", KEY, KEY);
        }
        if (index == LATER) {
            int found = view.read("c", KEY).map(ByteString::size).orElse(0);
            laterHasRead.countDown();
            return found == 0 ? 0 : 1;
        }
        return index;
    }

    private void awaitLater() {
        try {
            laterHasRead.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
