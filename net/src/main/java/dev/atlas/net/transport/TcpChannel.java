package dev.atlas.net.transport;

import dev.atlas.net.crypto.PublicKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/** One TCP connection. */
final class TcpChannel implements Channel {

    /**
     * Most bytes that one system call is given. The JDK copies a heap buffer into a temporary direct one of the same size and keeps
     * that for its carrier thread, so a write of a whole state part would hold memory outside the heap for good.
     */
    private static final int MAX_WRITE_BYTES = 128 * 1024;

    private final SocketChannel socket;
    private final String remoteHost;

    TcpChannel(SocketChannel socket) throws IOException {
        this.socket = socket;
        this.remoteHost =
                ((InetSocketAddress) socket.getRemoteAddress()).getAddress().getHostAddress();
    }

    @Override
    public Optional<PublicKey> secure() {
        return Optional.empty();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return socket.read(target);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        int end = source.limit();
        try {
            while (source.position() < end) {
                source.limit(Math.min(end, source.position() + MAX_WRITE_BYTES));
                socket.write(source);
            }
        } finally {
            source.limit(end);
        }
    }

    @Override
    public void write(ByteBuffer first, ByteBuffer second) throws IOException {
        ByteBuffer[] both = {first, second};
        int end = second.limit();
        try {
            while (first.hasRemaining()) {
                second.limit(Math.min(end, second.position() + MAX_WRITE_BYTES));
                socket.write(both);
            }
        } finally {
            second.limit(end);
        }
        write(second);
    }

    /** The JDK copies what is on the heap before the kernel copies it again. */
    @Override
    public boolean prefersDirectBuffers() {
        return true;
    }

    @Override
    public String remoteHost() {
        return remoteHost;
    }

    @Override
    public void close() {
        Closing.quietly(socket);
    }
}
