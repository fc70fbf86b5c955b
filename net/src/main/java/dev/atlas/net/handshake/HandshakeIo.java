package dev.atlas.net.handshake;

import dev.atlas.net.transport.Channel;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Messages with a length in front; never reads a byte beyond the message, since frames follow. */
final class HandshakeIo {

    private HandshakeIo() {}

    static void write(Channel channel, byte[] message) throws IOException {
        channel.write(ByteBuffer.allocate(Integer.BYTES + message.length)
                .putInt(message.length)
                .put(message)
                .flip());
    }

    static byte[] read(Channel channel) throws IOException, Rejection {
        int length = readFully(channel, Integer.BYTES).getInt();
        if (length < 0 || length > Handshake.MAX_MESSAGE_BYTES) {
            throw new Rejection(
                    RejectionReason.MALFORMED, "a message of " + Integer.toUnsignedString(length) + " bytes");
        }
        return readFully(channel, length).array();
    }

    private static ByteBuffer readFully(Channel channel, int bytes) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(bytes);
        while (target.hasRemaining()) {
            if (channel.read(target) < 0) {
                throw new EOFException("the peer closed in the handshake");
            }
        }
        return target.flip();
    }
}
