package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.sim.crypto.KeyedHashScheme;
import dev.atlas.net.identity.ReplicaId;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Decoders reject bytes or make a value of them that comes back when it is encoded, and neither throw nor allocate beyond a limit.
 *
 * <p>{@code -Datlas.fuzz.frames=10000000} decodes as many frames with each codec.
 */
class CodecFuzzTest {

    private static final long FRAMES = Long.getLong("atlas.fuzz.frames", 20_000);
    private static final String CLUSTER = "fuzz";
    /** A new set of valid messages after so many frames. */
    private static final int FRAMES_PER_SET = 1_000;

    private static final long MOST_BYTES = 512 * 1024;

    /** Bytes of a frame that a failure shows. */
    private static final int SHOWN = 2000;

    private static final long MOST_FOR_PROTOCOL_FRAME = 96L << 20;
    /** Most of it is garbage when the message is there. */
    private static final long MOST_TIMES_ITS_FRAME = 40;

    private static final long MOST_FOR_TRANSFER_FRAME = 52L << 20;
    private static final long MOST_FOR_CLIENT_FRAME = 12L << 20;

    private final Random random = new Random(1);
    private final ValidMessages valid =
            new ValidMessages(CLUSTER, new ReplicaId(1), new KeyedHashScheme().fromSecret(new byte[32]), random);

    /** Decodes and encodes; empty if the bytes were rejected. */
    private record Subject<T>(Function<byte[], Optional<T>> decode, Function<T, byte[]> encode) {

        /** True if the bytes were a message. */
        boolean takes(byte[] bytes, Allocations allocations, long frame) {
            try {
                allocations.begin();
                Optional<T> value = decode.apply(bytes);
                allocations.end(frame);
                if (value.isPresent()
                        && !decode.apply(encode.apply(value.get())).equals(value)) {
                    throw new AssertionError("does not come back: " + value.get());
                }
                return value.isPresent();
            } catch (RuntimeException | Error thrown) {
                throw new AssertionError(
                        "frame " + frame + ": " + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, SHOWN)),
                        thrown);
            }
        }
    }

    private static <T> Optional<T> value(Decoded<T> decoded) {
        return decoded.fold(Optional::of, reason -> Optional.empty());
    }

    private static <T> Function<byte[], Optional<T>> decoder(Codec<T> codec) {
        return bytes -> {
            try {
                return Optional.of(codec.decode(ByteBuffer.wrap(bytes).asReadOnlyBuffer()));
            } catch (IllegalArgumentException rejected) {
                return Optional.empty();
            }
        };
    }

    private void fuzz(String name, Subject<?> subject, Supplier<List<byte[]>> corpus) {
        WireMutator mutator = new WireMutator(random);
        Allocations allocations = new Allocations(MOST_BYTES);
        List<byte[]> messages = corpus.get();
        messages.forEach(message -> assertThat(subject.takes(message, allocations, -1))
                .as("a valid message")
                .isTrue());
        long taken = 0;
        long start = System.nanoTime();
        for (long frame = 0; frame < FRAMES; frame++) {
            if (frame % FRAMES_PER_SET == 0) {
                messages = corpus.get();
            }
            byte[] bytes = mutator.mutate(
                    messages.get(random.nextInt(messages.size())), messages.get(random.nextInt(messages.size())));
            taken += subject.takes(bytes, allocations, frame) ? 1 : 0;
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%s: %,d frames, %,.0f/s, %.1f%% were messages, at most %,d bytes allocated%n",
                name, FRAMES, FRAMES / seconds, 100.0 * taken / FRAMES, allocations.largest());
        assertThat(taken).as("some mutations are messages, some are not").isBetween(1L, FRAMES - 1);
    }

    @Test
    void orderingMessages() {
        fuzz(
                "ordering",
                new Subject<>(
                        bytes -> value(OrderingCodec.decode(ByteBuffer.wrap(bytes))),
                        message -> OrderingCodec.encode(message).array()),
                valid::ordering);
    }

    @Test
    void transferMessages() {
        fuzz(
                "transfer",
                new Subject<>(
                        bytes -> value(TransferCodec.decode(ByteBuffer.wrap(bytes))),
                        message -> TransferCodec.encode(message).array()),
                valid::transfer);
    }

    @Test
    void applicationMessages() {
        fuzz(
                "application",
                new Subject<>(
                        bytes -> value(ApplicationCodec.decode(ByteBuffer.wrap(bytes))),
                        message -> ApplicationCodec.encode(message).array()),
                valid::application);
    }

    @Test
    void bundles() {
        BundleCodec codec = new BundleCodec(CLUSTER);
        fuzz(
                "bundles",
                new Subject<RequestBundle>(
                        bytes -> value(codec.open(ByteString.copyFrom(bytes))),
                        bundle -> bundle.envelope().toByteArray()),
                () -> List.of(
                        valid.bundle().envelope().toByteArray(),
                        valid.bundle().envelope().toByteArray()));
    }

    @Test
    void requestsOfTheKeyValueStore() {
        ByteString bytes = ByteString.copyFromUtf8("some bytes");
        fuzz(
                "key/value requests",
                new Subject<>(decoder(KeyValueRequest.CODEC), KeyValueRequest.CODEC::encode),
                () -> List.of(
                        KeyValueRequest.CODEC.encode(new KeyValueRequest.Put(bytes, bytes)),
                        KeyValueRequest.CODEC.encode(new KeyValueRequest.Get(bytes)),
                        KeyValueRequest.CODEC.encode(new KeyValueRequest.Delete(bytes)),
                        KeyValueRequest.CODEC.encode(
                                new KeyValueRequest.CompareAndSet(bytes, Optional.of(bytes), bytes)),
                        KeyValueRequest.CODEC.encode(new KeyValueRequest.CompareAndSet(bytes, Optional.empty(), bytes)),
                        KeyValueRequest.CODEC.encode(new KeyValueRequest.Size())));
    }

    @Test
    void repliesOfTheKeyValueStore() {
        fuzz(
                "key/value replies",
                new Subject<>(decoder(KeyValueReply.CODEC), KeyValueReply.CODEC::encode),
                () -> List.of(
                        KeyValueReply.CODEC.encode(
                                new KeyValueReply.Value(Optional.of(ByteString.copyFromUtf8("value")))),
                        KeyValueReply.CODEC.encode(new KeyValueReply.Value(Optional.empty())),
                        KeyValueReply.CODEC.encode(new KeyValueReply.Swapped(true)),
                        KeyValueReply.CODEC.encode(new KeyValueReply.Count(7))));
    }

    // ---- the most that a frame can be made to cost ----

    @ParameterizedTest
    @MethodSource("dev.atlas.it.fuzz.CostlyFrame#protocolFrames")
    void theLargestProtocolFrameCostsAFewTimesItsSize(CostlyFrame costly) {
        assertThat(costly.frame()).hasSizeBetween(CostlyFrame.PROTOCOL_FRAME / 2, CostlyFrame.PROTOCOL_FRAME);
        Allocations allocations = new Allocations(MOST_FOR_PROTOCOL_FRAME);
        new Subject<>(
                        bytes -> value(OrderingCodec.decode(ByteBuffer.wrap(bytes))),
                        message -> OrderingCodec.encode(message).array())
                .takes(costly.frame(), allocations, 0);
    }

    @ParameterizedTest
    @MethodSource("dev.atlas.it.fuzz.CostlyFrame#transferFrames")
    void theLargestTransferFrameCostsAFewTimesItsSize(CostlyFrame costly) {
        assertThat(costly.frame()).hasSizeBetween(CostlyFrame.TRANSFER_FRAME / 2, CostlyFrame.TRANSFER_FRAME);
        Allocations allocations = new Allocations(MOST_FOR_TRANSFER_FRAME);
        new Subject<>(
                        bytes -> value(TransferCodec.decode(ByteBuffer.wrap(bytes))),
                        message -> TransferCodec.encode(message).array())
                .takes(costly.frame(), allocations, 0);
    }

    @ParameterizedTest
    @MethodSource("dev.atlas.it.fuzz.CostlyFrame#clientFrames")
    void theLargestClientFrameCostsAFewTimesItsSize(CostlyFrame costly) {
        assertThat(costly.frame()).hasSizeBetween(CostlyFrame.CLIENT_FRAME / 2, CostlyFrame.CLIENT_FRAME);
        Allocations allocations = new Allocations(MOST_FOR_CLIENT_FRAME);
        ByteString received = ByteString.copyFrom(costly.frame());
        allocations.begin();
        Decoded<RequestBundle> bundle = new BundleCodec(CLUSTER).open(received);
        allocations.end(0);
        allocations.begin();
        var message = ApplicationCodec.decode(ByteBuffer.wrap(costly.frame()));
        allocations.end(0);
        assertThat(bundle).isInstanceOf(Decoded.Malformed.class);
        assertThat(message).isNotNull();
    }

    @ParameterizedTest
    @MethodSource("dev.atlas.it.fuzz.CostlyFrame#heavyMessages")
    void theHeaviestMessagesWeighAFewTimesTheirFrames(CostlyFrame costly) {
        Decoded<OrderingMessage> decoded = OrderingCodec.decode(ByteBuffer.wrap(costly.frame()));
        assertThat(decoded).isInstanceOf(Decoded.Value.class);
        Allocations allocations = new Allocations(MOST_TIMES_ITS_FRAME * costly.frame().length);
        allocations.begin();
        OrderingCodec.decode(ByteBuffer.wrap(costly.frame()));
        allocations.end(Integer.MAX_VALUE);
    }
}
