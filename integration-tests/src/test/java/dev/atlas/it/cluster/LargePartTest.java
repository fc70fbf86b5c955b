package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ring 4 for states whose author divides them coarsely: frames of transfers may be raised, and then such a part is fetched. */
@Timeout(120)
class LargePartTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FRAME = 12 << 20;

    /** Above the frame of the defaults, and of any message towards a client. */
    private static final int BYTES = 9 << 20;

    @Test
    void aPartAboveTheUsualFrameIsFetchedWhenFramesAreRaised() throws Exception {
        var options = LocalCluster.Options.of(4)
                .ordering(ordering -> ordering.withCheckpointPeriod(4))
                .replica(config -> config.withNetwork(
                        config.network().withLimits(config.network().limits().withTransferFrame(FRAME))));
        try (var cluster =
                        LocalCluster.start(options, new Filling(), SingleThreadedDivisibleExecutor.of(new Filling()));
                var client = cluster.client()) {
            client.execute("1");
            cluster.links()
                    .partition(Set.of(new ReplicaId(3)), Set.of(new ReplicaId(0), new ReplicaId(1), new ReplicaId(2)));
            for (int number = 2; number < 60; number++) {
                client.execute(String.valueOf(number));
            }
            cluster.links().reconnect();
            cluster.await("the state", PATIENCE, () -> {
                Optional<MonolithicReplica> away = cluster.replica(3);
                return away.isPresent() && away.get().status().executor().executed() >= 56;
            });
            assertThat(client.execute("60")).isEqualTo("59");
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    /** One part, {@link #BYTES} times the last number; each request answers with the number before. */
    private static final class Filled implements MonolithicState, DivisibleState {

        private byte[] bytes = new byte[BYTES];

        @Override
        public List<PartDescriptor> parts() {
            ByteString whole = ByteString.copyFrom(bytes);
            return List.of(new PartDescriptor(
                    ByteString.copyFromUtf8("all"), Hasher.hash(whole.asReadOnlyByteBuffer()), whole.size()));
        }

        @Override
        public Part part(PartDescriptor part) {
            return new PlainPart(part, ByteString.copyFrom(bytes));
        }

        @Override
        public void clear() {
            bytes = new byte[BYTES];
        }

        @Override
        public void install(Part part) {
            bytes = part.bytes().toByteArray();
        }

        @Override
        public void writeTo(OutputStream target) throws IOException {
            target.write(bytes);
        }

        @Override
        public void readFrom(InputStream source) throws IOException {
            bytes = source.readAllBytes();
        }
    }

    private static final class Filling implements Application<Filled, String, String> {

        @Override
        public Filled initialState() {
            return new Filled();
        }

        @Override
        public Codec<String> requestCodec() {
            return Codec.UTF_8;
        }

        @Override
        public Codec<String> replyCodec() {
            return Codec.UTF_8;
        }

        @Override
        public String execute(Filled state, String request, ExecutionContext context) {
            byte before = state.bytes[0];
            Arrays.fill(state.bytes, Byte.parseByte(request));
            return String.valueOf(before);
        }

        @Override
        public String executeUnordered(Filled state, String request, ExecutionContext context) {
            return String.valueOf(state.bytes[0]);
        }
    }
}
