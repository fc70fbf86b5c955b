package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedOutputStream;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.it.sim.crypto.KeyedHashScheme;
import dev.atlas.net.identity.ReplicaId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A small message in a large frame, whose rest no message has, does not keep the frame alive: messages are kept by the thousand. */
class RetentionTest {

    private static final int PADDING = 4 << 20;
    private static final int COLLECTIONS = 50;
    private static final int UNKNOWN_FIELD = 900;

    private final ValidMessages valid =
            new ValidMessages("fuzz", new ReplicaId(1), new KeyedHashScheme().fromSecret(new byte[32]), new Random(1));

    private static byte[] padded(byte[] message) {
        try {
            ByteArrayOutputStream target = new ByteArrayOutputStream();
            CodedOutputStream output = CodedOutputStream.newInstance(target);
            output.writeByteArray(UNKNOWN_FIELD, new byte[PADDING]);
            output.flush();
            target.writeBytes(message);
            return target.toByteArray();
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static <T> void assertLetGo(List<byte[]> messages, Function<ByteBuffer, Decoded<T>> decoder) {
        List<Object> kept = new ArrayList<>();
        List<WeakReference<byte[]>> frames = new ArrayList<>();
        for (byte[] message : messages) {
            byte[] frame = padded(message);
            frames.add(new WeakReference<>(frame));
            kept.add(decoder.apply(ByteBuffer.wrap(frame)).fold(value -> value, reason -> {
                throw new AssertionError(reason);
            }));
        }
        for (int collection = 0; collection < COLLECTIONS && isAlive(frames); collection++) {
            System.gc();
        }
        for (int message = 0; message < frames.size(); message++) {
            assertThat(frames.get(message).get() == null)
                    .as("the frame of %s is garbage", kept.get(message))
                    .isTrue();
        }
        Reference.reachabilityFence(kept);
    }

    private static boolean isAlive(List<WeakReference<byte[]>> frames) {
        return frames.stream().anyMatch(frame -> frame.get() != null);
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
