package dev.atlas.net.frame;

import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Cuts a stream into frames. Owned by the connection's reader thread.
 *
 * <p>Every read goes into the same buffer, which stays in the processor's cache. The whole frames in it are copied out together, into an
 * array of exactly their size that is theirs alone: whoever holds one keeps no more than came with it, and nothing is ever overwritten. A
 * frame that does not fit the buffer gets an array of its own, which grows with the bytes that really arrive: a length that is announced
 * but never sent costs us no more than a few times what it costs its sender.
 */
public final class FrameReader {

    private static final int INITIAL_BYTES = 2048;
    /** After so many reads in a row that hardly used the buffer, it shrinks: what a burst once needed is not kept for ever. */
    private static final int SMALL_READS = 256;

    private static final int SMALL_PART = 8;

    /** How many times what has arrived a large frame may take. */
    private static final int GROWTH = 4;

    private final Channel channel;
    private final FrameLimits limits;
    private final int maxBytes;
    private final Room room;
    private int smallReads;
    /** Filled up to its position; begins with a frame. Grows up to {@link #maxBytes} with the load. */
    private ByteBuffer buffer;

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
        this(channel, limits, bufferBytes, Room.UNLIMITED);
    }

    /**
     * @param room what is asked before memory is held for a frame larger than the buffer
     */
    public FrameReader(Channel channel, FrameLimits limits, int bufferBytes, Room room) {
        this.channel = channel;
        this.limits = limits;
        this.maxBytes = bufferBytes;
        this.room = room;
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
            if (buffer.position() > 0) {
                throw truncated();
            }
            return count;
        }
        int whole = wholeFrames();
        if (whole > 0) {
            handOn(sink, whole);
        }
        checkHeader(whole);
        smallReads = count < buffer.capacity() / SMALL_PART ? smallReads + 1 : 0;
        if (whole == 0 && buffer.position() == maxBytes) {
            beginLarge();
        } else {
            keepRest(whole);
            shrinkIfIdle();
        }
        return count;
    }

    /** How many bytes the whole frames take that come before the first bad header, if there is one. */
    private int wholeFrames() {
        int end = buffer.position();
        int at = 0;
        while (end - at >= OutgoingFrame.HEADER_BYTES && violation(at).isEmpty()) {
            int length = buffer.getInt(at);
            if (length > end - at - OutgoingFrame.HEADER_BYTES) {
                break;
            }
            at += OutgoingFrame.HEADER_BYTES + length;
        }
        return at;
    }

    private Optional<FrameViolationException> violation(int at) {
        int length = buffer.getInt(at);
        byte code = buffer.get(at + Integer.BYTES);
        if (code != OutgoingFrame.HEARTBEAT_CODE) {
            return limits.violation(code, length);
        }
        return length == 0
                ? Optional.empty()
                : Optional.of(new FrameViolationException(FrameViolation.BAD_HEARTBEAT, "a heartbeat with a payload"));
    }

    private void checkHeader(int at) throws FrameViolationException {
        if (buffer.position() - at >= OutgoingFrame.HEADER_BYTES) {
            Optional<FrameViolationException> violation = violation(at);
            if (violation.isPresent()) {
                throw violation.get();
            }
        }
    }

    private void handOn(Sink sink, int whole) throws FrameViolationException {
        byte[] copy = new byte[whole];
        buffer.get(0, copy);
        ByteBuffer frames = ByteBuffer.wrap(copy);
        int at = 0;
        while (at < whole) {
            int length = frames.getInt(at);
            byte code = frames.get(at + Integer.BYTES);
            at += OutgoingFrame.HEADER_BYTES;
            if (code != OutgoingFrame.HEARTBEAT_CODE) {
                sink.frame(limits.check(code, length), frames.slice(at, length));
            }
            at += length;
        }
    }

    /** Memory held for reading; a hint to other threads. */
    public int bufferBytes() {
        return buffer.capacity() + large.capacity();
    }

    /** Memory held for a frame that is larger than the buffer and has not arrived as a whole. */
    public int unfinishedBytes() {
        return large.capacity();
    }

    private void shrinkIfIdle() {
        if (smallReads >= SMALL_READS) {
            smallReads = 0;
            // A buffer outside the heap is dear to make, and few peers have one.
            boolean betweenFrames = buffer.position() < OutgoingFrame.HEADER_BYTES;
            if (!buffer.isDirect() && buffer.capacity() > INITIAL_BYTES && betweenFrames) {
                buffer = ByteBuffer.allocate(INITIAL_BYTES).put(buffer.flip());
            }
        }
    }

    /** Moves what is left of a frame that has begun to the front, where there is room for the rest of it. */
    private void keepRest(int whole) {
        boolean filled = !buffer.hasRemaining();
        int target = filled ? (int) Math.min(maxBytes, 2L * buffer.capacity()) : buffer.capacity();
        buffer.flip().position(whole);
        buffer = target > buffer.capacity() ? allocate(target).put(buffer) : buffer.compact();
    }

    private ByteBuffer allocate(int bytes) {
        return bytes == maxBytes && channel.prefersDirectBuffers()
                ? ByteBuffer.allocateDirect(bytes)
                : ByteBuffer.allocate(bytes);
    }

    /** The buffer is full of the beginning of one frame. */
    private void beginLarge() throws FrameViolationException {
        largeLength = buffer.getInt(0);
        largeModule = limits.check(buffer.get(Integer.BYTES), largeLength);
        large = allocateLarge((int) Math.min(largeLength, (long) GROWTH * maxBytes));
        large.put(buffer.flip().position(OutgoingFrame.HEADER_BYTES));
        buffer.clear();
    }

    private ByteBuffer allocateLarge(int bytes) throws FrameViolationException {
        if (!room.resize(bytes)) {
            throw new FrameViolationException(
                    FrameViolation.NO_ROOM, "no room for a frame of " + largeLength + " bytes");
        }
        return ByteBuffer.allocate(bytes);
    }

    private int readLarge(Sink sink) throws IOException {
        if (!large.hasRemaining()) {
            int grown = (int) Math.min(largeLength, (long) GROWTH * large.capacity());
            large = allocateLarge(grown).put(large.flip());
        }
        int count = channel.read(large);
        if (count < 0) {
            throw truncated();
        }
        if (large.position() == largeLength) {
            sink.frame(largeModule, large.flip());
            large = ByteBuffer.allocate(0);
            largeLength = 0;
            room.resize(0);
        }
        return count;
    }

    private static FrameViolationException truncated() {
        return new FrameViolationException(FrameViolation.TRUNCATED, "the stream ended within a frame");
    }
}
