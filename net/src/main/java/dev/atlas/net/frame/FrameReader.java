package dev.atlas.net.frame;

import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Cuts a stream into frames. Owned by the connection's reader thread.
 *
 * <p>Many frames come out of one read, as slices of the array that they were read into. That array is only ever filled further, never
 * overwritten or used again, so slices stay valid for as long as somebody holds them. A frame that does not fit gets an array of its
 * own, which grows with the bytes that really arrive: a length that is announced but never sent costs its sender as much as us.
 */
public final class FrameReader {

    private static final int INITIAL_BYTES = 2048;
    /** With less room than this left in the array a read would bring too little. */
    private static final int ROOM_DIVISOR = 4;

    private final Channel channel;
    private final FrameLimits limits;
    private final int maxBytes;
    /** Filled up to its position, consumed up to {@link #consumed}. */
    private ByteBuffer buffer;

    private int consumed;
    /** A frame too large for the buffer, while it arrives; its position is how much has. */
    private ByteBuffer large = ByteBuffer.allocate(0);

    private int largeLength;
    private ModuleId largeModule = ModuleId.PROTOCOL;

    /** Takes the frames of one read. */
    @FunctionalInterface
    public interface Sink {

        /** A whole frame; the payload is array-backed and handed over. */
        void frame(ModuleId module, ByteBuffer payload);
    }

    /**
     * @param bufferBytes how much one read may bring
     */
    public FrameReader(Channel channel, FrameLimits limits, int bufferBytes) {
        this.channel = channel;
        this.limits = limits;
        this.maxBytes = bufferBytes;
        this.buffer = ByteBuffer.allocate(Math.min(INITIAL_BYTES, bufferBytes));
    }

    /**
     * Reads once, blocking, and hands on every whole frame that there is now, which may be none.
     *
     * @return how many bytes arrived; -1 at the end of the stream
     * @throws FrameViolationException if the peer breaks the framing
     */
    public int read(Sink sink) throws IOException {
        if (largeLength > 0) {
            return readLarge(sink);
        }
        int count = channel.read(buffer);
        if (count < 0) {
            checkWhole(buffer.position() - consumed);
            return count;
        }
        parse(sink);
        prepare();
        return count;
    }

    private void parse(Sink sink) throws FrameViolationException {
        int end = buffer.position();
        while (end - consumed >= OutgoingFrame.HEADER_BYTES) {
            int length = buffer.getInt(consumed);
            byte code = buffer.get(consumed + Integer.BYTES);
            int start = consumed + OutgoingFrame.HEADER_BYTES;
            if (code == OutgoingFrame.HEARTBEAT_CODE) {
                if (length != 0) {
                    throw new FrameViolationException(FrameViolation.BAD_HEARTBEAT, "a heartbeat with a payload");
                }
                consumed = start;
                continue;
            }
            ModuleId module = limits.check(code, length);
            if (length > end - start) {
                if (length > maxBytes - OutgoingFrame.HEADER_BYTES) {
                    beginLarge(module, length, start);
                }
                return;
            }
            sink.frame(module, buffer.slice(start, length));
            consumed = start + length;
        }
    }

    /** Makes room for the next read, in a new array if this one is nearly used up. */
    private void prepare() {
        int kept = buffer.position() - consumed;
        boolean filled = !buffer.hasRemaining();
        int target =
                filled && buffer.capacity() < maxBytes ? Math.min(maxBytes, 2 * buffer.capacity()) : buffer.capacity();
        if (kept >= OutgoingFrame.HEADER_BYTES) {
            // The frame that has begun fits the largest buffer, else it would have gone to its own array.
            int whole = OutgoingFrame.HEADER_BYTES + buffer.getInt(consumed);
            if (consumed + whole <= buffer.capacity() && target == buffer.capacity()) {
                return;
            }
            while (target < whole) {
                target = Math.min(maxBytes, 2 * target);
            }
        } else if (buffer.remaining() >= Math.max(OutgoingFrame.HEADER_BYTES, buffer.capacity() / ROOM_DIVISOR)) {
            return;
        }
        ByteBuffer next = ByteBuffer.allocate(target);
        next.put(buffer.array(), consumed, kept);
        buffer = next;
        consumed = 0;
    }

    private void beginLarge(ModuleId module, int length, int start) {
        largeModule = module;
        largeLength = length;
        large = ByteBuffer.allocate(Math.min(length, maxBytes));
        large.put(buffer.array(), start, buffer.position() - start);
        consumed = buffer.position();
    }

    private int readLarge(Sink sink) throws IOException {
        if (!large.hasRemaining()) {
            int grown = (int) Math.min(largeLength, 2L * large.capacity());
            large = ByteBuffer.allocate(grown).put(large.flip());
        }
        int count = channel.read(large);
        if (count < 0) {
            checkWhole(large.position() + 1);
        }
        if (large.position() == largeLength) {
            sink.frame(largeModule, large.flip());
            large = ByteBuffer.allocate(0);
            largeLength = 0;
        }
        return count;
    }

    private static void checkWhole(int left) throws FrameViolationException {
        if (left > 0) {
            throw new FrameViolationException(FrameViolation.TRUNCATED, "the stream ended within a frame");
        }
    }
}
