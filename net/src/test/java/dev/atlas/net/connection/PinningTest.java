package dev.atlas.net.connection;

import static dev.atlas.net.connection.TestNodes.await;
import static dev.atlas.net.connection.TestNodes.awaitConnected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.TestNodes.Wire;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;

/** Whatever holds a carrier while it waits holds up every socket of the process. */
class PinningTest {

    private static final int MESSAGES = 20_000;

    /** A thread that waits for a class to be loaded or initialised, once in a process, pins by the JDK's making. */
    private static boolean isOurs(RecordedEvent event) {
        return event.getStackTrace() != null
                && event.toString().contains("dev.atlas")
                && !event.toString().contains("initialization of")
                && event.getStackTrace().getFrames().stream()
                        .map(frame -> frame.getMethod().getType().getName())
                        .noneMatch(type -> type.endsWith("ClassLoader") || type.startsWith("jdk.jfr."));
    }

    /** Every node to every other, connecting and closing included. */
    private static void load(Wire wire) throws Exception {
        LongAdder received = new LongAdder();
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> senders = new ArrayList<>();
        try (TestNodes nodes = new TestNodes(wire)) {
            List<BlockingNetworkNode> mesh = new ArrayList<>();
            for (int number = 0; number < 4; number++) {
                BlockingNetworkNode node = nodes.replica(number);
                node.incoming(ModuleId.PROTOCOL).receiver((from, messages) -> received.add(messages.size()));
                mesh.add(node);
            }
            for (BlockingNetworkNode from : mesh) {
                for (BlockingNetworkNode to : mesh) {
                    if (from != to) {
                        awaitConnected(from, to.self());
                        senders.add(Thread.ofVirtual().start(() -> {
                            while (!stop.get()) {
                                for (int burst = 0; burst < 50; burst++) {
                                    from.outgoing(ModuleId.PROTOCOL).send(to.self(), ByteBuffer.allocate(1024));
                                }
                                LockSupport.parkNanos(100_000);
                            }
                        }));
                    }
                }
            }
            await("messages", () -> received.sum() > 12 * MESSAGES);
        } finally {
            stop.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
        }
    }

    @Test
    void nothingPinsACarrierUnderLoad() throws Exception {
        load(Wire.TLS);
        Queue<String> pins = new ConcurrentLinkedQueue<>();
        LongAdder ends = new LongAdder();
        try (RecordingStream recording = new RecordingStream()) {
            recording
                    .enable("jdk.VirtualThreadPinned")
                    .withThreshold(Duration.ofMillis(1))
                    .withStackTrace();
            recording.enable("atlas.ConnectionDown");
            recording.onEvent("jdk.VirtualThreadPinned", event -> {
                if (isOurs(event)) {
                    pins.add(event.toString());
                }
            });
            recording.onEvent("atlas.ConnectionDown", event -> ends.increment());
            recording.startAsync();
            load(Wire.TCP);
            load(Wire.TLS);
            await("the recorder", () -> ends.sum() > 0);
            recording.stop();
        }
        assertThat(pins).isEmpty();
    }
}
