package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.it.sim.crypto.KeyedHashScheme;
import dev.atlas.net.identity.ReplicaId;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A small message that came with much else in one read does not keep all of that alive: messages are kept by the thousand. */
class RetentionTest {

    private static final int REST = 4 << 20;
    private static final int COLLECTIONS = 50;

    private final ValidMessages valid =
            new ValidMessages("fuzz", new ReplicaId(1), new KeyedHashScheme().fromSecret(new byte[32]), new Random(1));

    private static <T> void assertLetGo(List<byte[]> messages, Function<ByteBuffer, Decoded<T>> decoder) {
        List<Object> kept = new ArrayList<>();
        List<WeakReference<byte[]>> reads = new ArrayList<>();
        for (byte[] message : messages) {
            byte[] read = Arrays.copyOf(message, message.length + REST);
            reads.add(new WeakReference<>(read));
            kept.add(decoder.apply(ByteBuffer.wrap(read).slice(0, message.length))
                    .fold(value -> value, reason -> {
                        throw new AssertionError(reason);
                    }));
        }
        for (int collection = 0; collection < COLLECTIONS && isAlive(reads); collection++) {
            System.gc();
        }
        for (int message = 0; message < reads.size(); message++) {
            assertThat(reads.get(message).get() == null)
                    .as("what %s came with is garbage", kept.get(message))
                    .isTrue();
        }
        Reference.reachabilityFence(kept);
    }

    private static boolean isAlive(List<WeakReference<byte[]>> reads) {
        return reads.stream().anyMatch(read -> read.get() != null);
    }

    @Test
    void ofOrderingMessages() {
        assertLetGo(valid.ordering(), OrderingCodec::decode);
    }

    @Test
    void ofTransferMessages() {
        assertLetGo(valid.transfer(), TransferCodec::decode);
    }

    @Test
    void ofApplicationMessages() {
        assertLetGo(valid.application(), ApplicationCodec::decode);
    }
}
