package dev.atlas.net.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.Channel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FramingTest {

    private static final FrameLimits LIMITS =
            new FrameLimits(Map.of(ModuleId.PROTOCOL, 10 << 20, ModuleId.APPLICATION, 4096));

    /** A stream that was recorded, and is read back in pieces of random size. */
    private static final class Recorded implements Channel {

        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private final Random random;
        private ByteBuffer left = ByteBuffer.allocate(0);
        private int writes;
        /** So much as there is room for with every read, if this is positive; random otherwise. */
        private int mostAtOnce;

        Recorded(long seed) {
            this.random = new Random(seed);
        }

        void rewind() {
            left = ByteBuffer.wrap(written.toByteArray());
        }

        @Override
        public Optional<PublicKey> secure() {
            return Optional.empty();
        }

        @Override
        public int read(ByteBuffer target) {
            assertThat(target.remaining()).as("room to read into").isPositive();
            if (!left.hasRemaining()) {
                return -1;
            }
            int most = Math.min(left.remaining(), target.remaining());
            int count = mostAtOnce > 0
                    ? Math.min(mostAtOnce, most)
                    : 1 + random.nextInt(random.nextInt(4) == 0 ? Math.min(most, 7) : most);
            target.put(left.slice(left.position(), count));
            left.position(left.position() + count);
            return count;
        }

        @Override
        public void write(ByteBuffer source) {
            write(source, ByteBuffer.allocate(0));
        }

        @Override
        public void write(ByteBuffer first, ByteBuffer second) {
            writes++;
            for (ByteBuffer source : List.of(first, second)) {
                while (source.hasRemaining()) {
                    written.write(source.get());
                }
            }
        }

        @Override
        public String remoteHost() {
            return "recorded";
        }

        @Override
        public void close() {}
    }

    private static List<byte[]> readAll(Recorded channel, int bufferBytes) throws IOException {
        FrameReader reader = new FrameReader(channel, LIMITS, bufferBytes);
        List<ByteBuffer> frames = new ArrayList<>();
        int count;
        do {
            count = reader.read((module, payload) -> frames.add(payload));
        } while (count >= 0);
        // Only now: later reads must not have changed what earlier ones handed on.
        return frames.stream()
                .map(frame -> {
                    byte[] bytes = new byte[frame.remaining()];
                    frame.get(bytes);
                    return bytes;
                })
                .toList();
    }

    private static Recorded raw(ByteBuffer bytes) {
        Recorded channel = new Recorded(1);
        channel.write(bytes.flip());
        channel.rewind();
        return channel;
    }

    @Test
    void whatIsWrittenIsReadHoweverTheStreamIsSplit() throws IOException {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Recorded channel = new Recorded(seed);
            int bufferBytes = 64 + random.nextInt(5000);
            FrameWriter writer = new FrameWriter(channel, bufferBytes);
            List<byte[]> sent = new ArrayList<>();
            for (int i = random.nextInt(60); i >= 0; i--) {
                byte[] payload = new byte[random.nextInt(random.nextInt(10) == 0 ? 30_000 : 300)];
                random.nextBytes(payload);
                sent.add(payload);
                writer.add(OutgoingFrame.of(ModuleId.PROTOCOL, ByteBuffer.wrap(payload)));
                if (random.nextInt(8) == 0) {
                    writer.add(OutgoingFrame.HEARTBEAT);
                }
            }
            writer.flush();
            channel.rewind();
            assertThat(readAll(channel, 64 + random.nextInt(5000)))
                    .as("seed " + seed)
                    .containsExactlyElementsOf(sent);
        }
    }

    @Test
    void manySmallFramesLeaveWithOneWrite() throws IOException {
        Recorded channel = new Recorded(0);
        FrameWriter writer = new FrameWriter(channel, 64 << 10);
        for (int i = 0; i < 60; i++) {
            writer.add(OutgoingFrame.of(ModuleId.PROTOCOL, ByteBuffer.allocate(1024)));
        }
        writer.flush();
        assertThat(channel.writes).isOne();
    }

    @Test
    void whatIsGatheredLeavesWithTheLargeFrameBehindIt() throws IOException {
        Recorded channel = new Recorded(0);
        FrameWriter writer = new FrameWriter(channel, 64 << 10);
        byte[] large = new byte[66_000];
        new Random(0).nextBytes(large);
        writer.add(OutgoingFrame.HEARTBEAT);
        writer.add(OutgoingFrame.of(ModuleId.APPLICATION, ByteBuffer.allocate(9)));
        writer.add(OutgoingFrame.of(ModuleId.PROTOCOL, ByteBuffer.wrap(large)));
        assertThat(channel.writes).isOne();
        assertThat(writer.written()).isEqualTo(3L * OutgoingFrame.HEADER_BYTES + 9 + large.length);
        channel.rewind();
        assertThat(readAll(channel, 64 << 10)).containsExactly(new byte[9], large);
    }

    @Test
    void anAnnouncedLengthTakesNoMemory() throws IOException {
        FrameReader reader = new FrameReader(
                raw(ByteBuffer.allocate(5).putInt(10 << 20).put(ModuleId.PROTOCOL.code())), LIMITS, 64 << 10);
        int before = reader.bufferBytes();
        for (int arrived = 0; arrived < 5; ) {
            arrived += reader.read((module, payload) -> {});
            assertThat(reader.bufferBytes()).isEqualTo(before);
        }
    }

    @Test
    void tenMegabytesPassWhereTheLimitAllowsThem() throws IOException {
        Recorded channel = new Recorded(3);
        byte[] payload = new byte[10 << 20];
        new Random(3).nextBytes(payload);
        FrameWriter writer = new FrameWriter(channel, 64 << 10);
        writer.add(OutgoingFrame.of(ModuleId.PROTOCOL, ByteBuffer.wrap(payload)));
        writer.flush();
        channel.rewind();
        assertThat(readAll(channel, 64 << 10)).containsExactly(payload);
    }

    @Test
    void anEmptyPayloadIsAMessage() throws IOException {
        assertThat(readAll(raw(ByteBuffer.allocate(5).putInt(0).put(ModuleId.PROTOCOL.code())), 64))
                .containsExactly(new byte[0]);
    }

    private static void assertViolation(ByteBuffer bytes, FrameViolation violation) {
        assertThatThrownBy(() -> readAll(raw(bytes), 64))
                .isInstanceOfSatisfying(
                        FrameViolationException.class,
                        e -> assertThat(e.violation()).isEqualTo(violation));
    }

    @Test
    void aLengthAboveTheModulesLimitIsRefused() {
        assertViolation(ByteBuffer.allocate(5).putInt(4097).put(ModuleId.APPLICATION.code()), FrameViolation.OVERSIZE);
        assertViolation(ByteBuffer.allocate(5).putInt(-1).put(ModuleId.APPLICATION.code()), FrameViolation.OVERSIZE);
    }

    @Test
    void aModuleWithoutALimitIsRefused() {
        assertViolation(
                ByteBuffer.allocate(5).putInt(1).put(ModuleId.STATE_TRANSFER.code()), FrameViolation.UNKNOWN_MODULE);
        assertViolation(ByteBuffer.allocate(5).putInt(1).put((byte) 99), FrameViolation.UNKNOWN_MODULE);
        assertViolation(ByteBuffer.allocate(5).putInt(1).put((byte) -3), FrameViolation.UNKNOWN_MODULE);
    }

    @Test
    void whatIsWholeBeforeABadHeaderIsHandedOn() {
        Recorded channel = raw(ByteBuffer.allocate(12)
                .putInt(2)
                .put(ModuleId.PROTOCOL.code())
                .putShort((short) 7)
                .putInt(1)
                .put((byte) 99));
        channel.mostAtOnce = Integer.MAX_VALUE;
        List<ByteBuffer> frames = new ArrayList<>();
        FrameReader reader = new FrameReader(channel, LIMITS, 64);
        assertThatThrownBy(() -> reader.read((module, payload) -> frames.add(payload)))
                .isInstanceOf(FrameViolationException.class);
        assertThat(frames).containsExactly(ByteBuffer.allocate(2).putShort(0, (short) 7));
    }

    @Test
    void aLargeFrameThatThereIsNoRoomForEndsBeforeItIsHeld() {
        ByteBuffer begun = ByteBuffer.allocate(5_000)
                .putInt(1 << 20)
                .put(ModuleId.PROTOCOL.code())
                .position(5_000);
        List<Integer> asked = new ArrayList<>();
        FrameReader reader = new FrameReader(raw(begun), LIMITS, 1024, bytes -> {
            asked.add(bytes);
            return bytes <= 4096;
        });
        assertThatThrownBy(() -> {
                    while (reader.read((module, payload) -> {}) >= 0) {
                        assertThat(reader.unfinishedBytes()).isLessThanOrEqualTo(4096);
                    }
                })
                .isInstanceOfSatisfying(
                        FrameViolationException.class,
                        e -> assertThat(e.violation()).isEqualTo(FrameViolation.NO_ROOM));
        assertThat(asked).containsExactly(4096, 16_384);
    }

    @Test
    void theRoomOfALargeFrameIsGivenBackWithTheFrame() throws IOException {
        Recorded channel = new Recorded(4);
        FrameWriter writer = new FrameWriter(channel, 1024);
        writer.add(OutgoingFrame.of(ModuleId.PROTOCOL, ByteBuffer.allocate(100_000)));
        writer.flush();
        channel.rewind();
        List<Integer> asked = new ArrayList<>();
        FrameReader reader = new FrameReader(channel, LIMITS, 1024, asked::add);
        int count = 0;
        while (count >= 0) {
            count = reader.read((module, payload) -> {});
        }
        assertThat(asked).startsWith(4096, 16_384).endsWith(100_000, 0);
        assertThat(reader.unfinishedBytes()).isZero();
    }

    @Test
    void whatABurstNeededIsNotHeldForEver() throws IOException {
        Recorded channel = new Recorded(5);
        FrameWriter writer = new FrameWriter(channel, 64 << 10);
        for (int i = 0; i < 1000; i++) {
            writer.add(OutgoingFrame.of(ModuleId.PROTOCOL, ByteBuffer.allocate(1024)));
        }
        writer.flush();
        int busy = writer.bufferBytes();
        for (int i = 0; i < 2000; i++) {
            writer.add(OutgoingFrame.HEARTBEAT);
            writer.flush();
        }
        assertThat(writer.bufferBytes()).isLessThan(busy / 8);
        channel.rewind();
        FrameReader reader = new FrameReader(channel, LIMITS, 64 << 10);
        int most = 0;
        channel.mostAtOnce = Integer.MAX_VALUE;
        while (reader.read((module, payload) -> {}) >= 0) {
            most = Math.max(most, reader.bufferBytes());
            // Heartbeats come one by one.
            channel.mostAtOnce = channel.left.remaining() <= 2000 * 5 ? 5 : Integer.MAX_VALUE;
        }
        assertThat(most).isEqualTo(64 << 10);
        assertThat(reader.bufferBytes()).isLessThan(most / 8);
    }

    @Test
    void aHeartbeatCarriesNothing() {
        assertViolation(ByteBuffer.allocate(6).putInt(1).put((byte) 0).put((byte) 0), FrameViolation.BAD_HEARTBEAT);
    }

    @Test
    void aStreamThatEndsWithinAFrameIsTruncated() {
        assertViolation(ByteBuffer.allocate(3).put(new byte[3]), FrameViolation.TRUNCATED);
        assertViolation(
                ByteBuffer.allocate(7).putInt(9).put(ModuleId.PROTOCOL.code()).put(new byte[2]),
                FrameViolation.TRUNCATED);
        assertViolation(
                ByteBuffer.allocate(9)
                        .putInt(9 << 20)
                        .put(ModuleId.PROTOCOL.code())
                        .putInt(0),
                FrameViolation.TRUNCATED);
    }
}
