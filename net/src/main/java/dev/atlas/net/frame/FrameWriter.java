package dev.atlas.net.frame;

import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes frames, many small ones with one write and a large one without copying it. Owned by the connection's writer thread. */
public final class FrameWriter {

    private static final int INITIAL_BYTES = 1024;
    /** A large payload goes out in pieces of this size, so that its progress can be seen. */
    private static final int PIECE_BYTES = 128 * 1024;
    /** After so many writes in a row that hardly used the buffer, it shrinks, as the reader's does. */
    private static final int SMALL_WRITES = 256;

    private static final int SMALL_PART = 8;

    private final Channel channel;
    private final int maxBytes;
    private int smallWrites;
    /** Grows up to {@link #maxBytes} with the load, so that an idle connection holds little. */
    private ByteBuffer buffer;
    /** Written by the writer thread, read by whoever watches for a peer that has stopped reading. */
    private volatile long written;

    /**
     * @param bufferBytes how much is gathered for one write
     */
    public FrameWriter(Channel channel, int bufferBytes) {
        this.channel = channel;
        this.maxBytes = bufferBytes;
        this.buffer = ByteBuffer.allocate(Math.min(INITIAL_BYTES, bufferBytes));
    }

    /** Adds a frame, writing what was gathered before when that is full. */
    public void add(OutgoingFrame frame) throws IOException {
        ByteBuffer payload = frame.payload();
        int length = payload.remaining();
        boolean copied = frame.wireBytes() <= maxBytes / 2;
        makeRoom(copied ? frame.wireBytes() : OutgoingFrame.HEADER_BYTES);
        buffer.putInt(length).put(frame.code());
        if (copied) {
            buffer.put(buffer.position(), payload, payload.position(), length);
            buffer.position(buffer.position() + length);
        } else {
            writeLarge(payload.duplicate());
        }
    }

    /** Writes what is gathered. */
    public void flush() throws IOException {
        if (buffer.position() > 0) {
            buffer.flip();
            int bytes = buffer.remaining();
            channel.write(buffer);
            buffer.clear();
            progress(bytes);
            smallWrites = bytes < buffer.capacity() / SMALL_PART ? smallWrites + 1 : 0;
            if (smallWrites >= SMALL_WRITES) {
                smallWrites = 0;
                if (!buffer.isDirect() && buffer.capacity() > INITIAL_BYTES) {
                    buffer = ByteBuffer.allocate(INITIAL_BYTES);
                }
            }
        }
    }

    /** What is gathered, the header last, leaves with the first piece. */
    private void writeLarge(ByteBuffer payload) throws IOException {
        buffer.flip();
        int end = payload.limit();
        while (payload.position() < end) {
            payload.limit(Math.min(end, payload.position() + PIECE_BYTES));
            int bytes = buffer.remaining() + payload.remaining();
            channel.write(buffer, payload);
            progress(bytes);
        }
        buffer.clear();
    }

    /** The writer thread is the only one that changes this. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void progress(int bytes) {
        written += bytes;
    }

    /** Bytes that the channel has taken so far; any thread may ask. */
    public long written() {
        return written;
    }

    /** Memory held for gathering; a hint to other threads. */
    public int bufferBytes() {
        return buffer.capacity();
    }

    private void makeRoom(int bytes) throws IOException {
        if (buffer.remaining() >= bytes) {
            return;
        }
        if (buffer.position() + bytes <= maxBytes) {
            int doubled = Math.max(buffer.position() + bytes, 2 * buffer.capacity());
            buffer = allocate(Math.min(maxBytes, doubled)).put(buffer.flip());
        } else {
            flush();
            if (buffer.capacity() < bytes) {
                buffer = allocate(maxBytes);
            }
        }
    }

    private ByteBuffer allocate(int bytes) {
        return bytes == maxBytes && channel.prefersDirectBuffers()
                ? ByteBuffer.allocateDirect(bytes)
                : ByteBuffer.allocate(bytes);
    }
}
