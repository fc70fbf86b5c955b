package dev.atlas.it.sim.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.Scheduler;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A simulated connection is a stream as TCP's: every byte arrives once and in order, whatever happens to the link. */
@Tag("simulation")
class SimNetworkTest {

    private static final NodeAddress ADDRESS = new NodeAddress("b", 1);
    private static final Duration JITTER = Duration.ofMillis(50);
    private static final int WRITES = 200;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatWasSentBeforeWhileAndAfterALinkIsCutArrivesInOrder(long seed) {
        Scheduler scheduler = new Scheduler(new Randomness(seed));
        SimNetwork network = new SimNetwork(scheduler, new Randomness(seed + 1), 1 << 16);
        network.quality(Duration.ofMillis(1), JITTER, Long.MAX_VALUE);
        SimProcess sender = scheduler.process("a", 1);
        SimProcess receiver = scheduler.process("b", 1);
        SimProcess.Outcome<Integer> read = receiver.start("read", () -> readInOrder(network, receiver));
        sender.start("write", () -> write(network, sender));
        for (int round = 0; round < 10; round++) {
            scheduler.run(Duration.ofMillis(40));
            network.cut(List.of("a"), List.of("b"));
            scheduler.run(Duration.ofMillis(60));
            network.heal(List.of("a"), List.of("b"));
        }
        assertThat(scheduler.run(Duration.ofSeconds(10), read::isDone)).isTrue();
        assertThat(read.value()).isEqualTo(WRITES);
    }

    private static boolean write(SimNetwork network, SimProcess process) throws Exception {
        Transport transport = network.transport(process, "a", Optional.empty(), SimNetwork.Death.RESET);
        try (Channel channel = transport.connect(ADDRESS)) {
            for (int number = 0; number < WRITES; number++) {
                channel.write(ByteBuffer.allocate(Integer.BYTES).putInt(0, number));
                process.environment().sleep(Duration.ofMillis(5));
            }
        }
        return true;
    }

    /** Returns how many numbers came before the end. */
    private static int readInOrder(SimNetwork network, SimProcess process) throws IOException {
        Transport transport = network.transport(process, "b", Optional.empty(), SimNetwork.Death.RESET);
        try (Transport.Listener listener = transport.listen(ADDRESS);
                Channel channel = listener.accept()) {
            ByteBuffer buffer = ByteBuffer.allocate(WRITES * Integer.BYTES);
            while (channel.read(buffer) >= 0) {
                assertThat(buffer.position()).isPositive();
            }
            int numbers = buffer.flip().remaining() / Integer.BYTES;
            for (int number = 0; number < numbers; number++) {
                assertThat(buffer.getInt()).isEqualTo(number);
            }
            return numbers;
        }
    }
}
