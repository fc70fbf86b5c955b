package dev.atlas.it.bench;

import dev.atlas.net.concurrent.TaskScope;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What a transfer is compared with: bytes through one TLS connection over loopback, and nothing done with them. */
final class TlsCopy {

    private static final int BUFFER_BYTES = 64 * 1024;

    private TlsCopy() {}

    /** Returns bytes a second, after a first copy of the same size that warms up. */
    static double bytesPerSecond(Environment environment, long bytes) throws Exception {
        copy(environment, bytes);
        return bytes / copy(environment, bytes);
    }

    private static double copy(Environment environment, long bytes) throws Exception {
        Ed25519Scheme scheme = new Ed25519Scheme();
        Transport source = new TlsTransport(new TcpTransport(), scheme.generate(environment.random()));
        Transport target = new TlsTransport(new TcpTransport(), scheme.generate(environment.random()));
        try (Transport.Listener listener = source.listen(new NodeAddress("127.0.0.1", 0));
                TaskScope scope = TaskScope.open(environment, "copy")) {
            scope.fork(() -> {
                send(listener, bytes);
                return true;
            });
            TaskScope.Subtask<Double> seconds = scope.fork(() -> receive(environment, target, listener, bytes));
            scope.join();
            return seconds.get();
        }
    }

    private static void send(Transport.Listener listener, long bytes) throws IOException {
        try (Channel channel = listener.accept()) {
            channel.secure();
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            for (long left = bytes; left > 0; left -= buffer.limit()) {
                channel.write(buffer.clear().limit((int) Math.min(left, BUFFER_BYTES)));
            }
            channel.read(buffer.clear()); // until the other end has everything and closes
        }
    }

    private static double receive(Environment environment, Transport transport, Transport.Listener from, long bytes)
            throws IOException {
        try (Channel channel = transport.connect(from.address())) {
            channel.secure();
            long start = environment.clock().nanoTime();
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            for (long received = 0; received < bytes; ) {
                int read = channel.read(buffer.clear());
                if (read < 0) {
                    throw new IOException("the copy ended early");
                }
                received += read;
            }
            return (environment.clock().nanoTime() - start) / 1e9;
        }
    }
}
