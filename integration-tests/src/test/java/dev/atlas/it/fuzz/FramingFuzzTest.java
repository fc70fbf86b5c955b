package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.net.frame.FrameLimits;
import dev.atlas.net.frame.FrameReader;
import dev.atlas.net.frame.FrameViolation;
import dev.atlas.net.frame.FrameViolationException;
import dev.atlas.net.stub.ModuleId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A frame reader cuts any stream as a few obvious lines do, however it arrives, and allocates in proportion to what has arrived. */
class FramingFuzzTest {

    private static final long STREAMS = Math.max(1, Long.getLong("atlas.fuzz.frames", 50_000) / 10);
    private static final Map<ModuleId, Integer> LIMITS =
            Map.of(ModuleId.PROTOCOL, 100_000, ModuleId.APPLICATION, 1000, ModuleId.STATE_TRANSFER, 1 << 30);
    private static final int[] LENGTHS = {
        0, 1, 999, 1000, 1001, 99_999, 100_000, 100_001, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE, -1, -5, -6
    };
    private static final int MOST_FRAMES = 20;
    /** Allocated beside what is in proportion to buffer and stream. */
    private static final long BYTES_BESIDES = 16 * 1024;

    private final Random random = new Random(1);
    private final WireMutator mutator = new WireMutator(random);
    private long frames;
    private long violations;

    private record Frame(ModuleId module, ByteString payload) {}

    /** What a stream holds, and what is wrong with it in the end. */
    private record Cut(List<Frame> frames, Optional<FrameViolation> violation) {

        /** As the format says it. */
        static Cut of(byte[] bytes) {
            List<Frame> frames = new ArrayList<>();
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                if (left.remaining() < 5) {
                    return new Cut(frames, Optional.of(FrameViolation.TRUNCATED));
                }
                int length = left.getInt();
                byte code = left.get();
                if (code == 0) {
                    if (length != 0) {
                        return new Cut(frames, Optional.of(FrameViolation.BAD_HEARTBEAT));
                    }
                    continue;
                }
                Optional<ModuleId> module = LIMITS.keySet().stream()
                        .filter(known -> known.code() == code)
                        .findFirst();
                if (module.isEmpty()) {
                    return new Cut(frames, Optional.of(FrameViolation.UNKNOWN_MODULE));
                }
                if (length < 0 || length > LIMITS.get(module.get())) {
                    return new Cut(frames, Optional.of(FrameViolation.OVERSIZE));
                }
                if (length > left.remaining()) {
                    return new Cut(frames, Optional.of(FrameViolation.TRUNCATED));
                }
                frames.add(new Frame(module.get(), ByteString.copyFrom(left.slice(left.position(), length))));
                left.position(left.position() + length);
            }
            return new Cut(frames, Optional.empty());
        }
    }

    @Test
    void framing() throws IOException {
        long start = System.nanoTime();
        for (long stream = 0; stream < STREAMS; stream++) {
            byte[] bytes = random.nextInt(8) == 0 ? valid() : mutator.bytes(valid(), valid());
            Cut expected = Cut.of(bytes);
            Cut read = read(bytes, stream);
            assertThat(read.violation()).as("stream %s", stream).isEqualTo(expected.violation());
            // What comes in one read with what breaks the framing may be lost with it: the connection ends.
            boolean allRead = expected.violation()
                    .filter(violation -> violation != FrameViolation.TRUNCATED)
                    .isEmpty();
            int count = allRead ? expected.frames().size() : read.frames().size();
            assertThat(read.frames())
                    .as("stream %s", stream)
                    .isEqualTo(expected.frames()
                            .subList(0, Math.min(count, expected.frames().size())));
            frames += read.frames().size();
            violations += expected.violation().isPresent() ? 1 : 0;
        }
        System.out.printf(
                "framing: %,d streams, %,d frames, %,.0f/s, %,d violations%n",
                STREAMS, frames, frames / ((System.nanoTime() - start) / 1e9), violations);
        assertThat(frames).isPositive();
        assertThat(violations).isPositive();
    }

    private byte[] valid() {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int frame = random.nextInt(MOST_FRAMES); frame >= 0; frame--) {
            byte[] payload = new byte[random.nextInt(random.nextInt(50) == 0 ? 20_000 : 300)];
            random.nextBytes(payload);
            boolean lies = random.nextInt(200) == 0;
            int length = lies ? LENGTHS[random.nextInt(LENGTHS.length)] : payload.length;
            int code = random.nextInt(100) == 0 ? random.nextInt(256) : 2 + random.nextInt(3);
            boolean heartbeat = random.nextInt(5) == 0;
            stream.writeBytes(ByteBuffer.allocate(5)
                    .putInt(heartbeat ? 0 : length)
                    .put((byte) (heartbeat ? 0 : code))
                    .array());
            stream.writeBytes(heartbeat ? new byte[0] : payload);
        }
        return stream.toByteArray();
    }

    private Cut read(byte[] bytes, long stream) throws IOException {
        int bufferBytes = 64 + random.nextInt(random.nextInt(4) == 0 ? 64 << 10 : 2000);
        FrameLimits limits = new FrameLimits(LIMITS);
        List<ModuleId> modules = new ArrayList<>();
        List<ByteBuffer> payloads = new ArrayList<>();
        Optional<FrameViolation> violation = Optional.empty();
        Allocations allocations = new Allocations(BYTES_BESIDES + 8L * bufferBytes + 8L * bytes.length);
        allocations.begin();
        FrameReader reader = new FrameReader(new BytesChannel(bytes, random), limits, bufferBytes);
        try {
            int count;
            do {
                count = reader.read((module, payload) -> {
                    modules.add(module);
                    payloads.add(payload);
                });
            } while (count >= 0);
        } catch (FrameViolationException broken) {
            violation = Optional.of(broken.violation());
        }
        allocations.end(stream);
        List<Frame> read = new ArrayList<>();
        for (int frame = 0; frame < modules.size(); frame++) {
            read.add(new Frame(modules.get(frame), ByteString.copyFrom(payloads.get(frame))));
        }
        return new Cut(read, violation);
    }
}
