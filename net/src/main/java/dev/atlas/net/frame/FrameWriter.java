package dev.atlas.net.frame;

import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes frames, many small ones with one write and a large one without copying it. Owned by the connection's writer thread. */
public final class FrameWriter {

    private static final int INITIAL_BYTES = 1024;

    private final Channel channel;
    private final int maxBytes;
    /** Grows up to {@link #maxBytes} with the load, so that an idle connection holds little. */
    private ByteBuffer buffer;

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
            flush();
            channel.write(payload.duplicate());
        }
    }

    /** Writes what is gathered. */
    public void flush() throws IOException {
        if (buffer.position() > 0) {
            buffer.flip();
            channel.write(buffer);
            buffer.clear();
        }
    }

    private void makeRoom(int bytes) throws IOException {
        if (buffer.remaining() >= bytes) {
            return;
        }
        if (buffer.position() + bytes <= maxBytes) {
            int doubled = Math.max(buffer.position() + bytes, 2 * buffer.capacity());
            buffer = ByteBuffer.allocate(Math.min(maxBytes, doubled)).put(buffer.flip());
        } else {
            flush();
            if (buffer.capacity() < bytes) {
                buffer = ByteBuffer.allocate(maxBytes);
            }
        }
    }
}
