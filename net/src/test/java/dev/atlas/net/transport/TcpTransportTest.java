package dev.atlas.net.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.transport.Transport.Listener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TcpTransportTest {

    @Test
    void twoBuffersLeaveInTheirOrder() throws Exception {
        byte[] bytes = new byte[1_000_000];
        new Random(1).nextBytes(bytes);
        try (Listener listener = new TcpTransport().listen(new NodeAddress("127.0.0.1", 0))) {
            FutureTask<byte[]> received = new FutureTask<>(() -> receive(listener, bytes.length));
            Thread.ofVirtual().start(received);
            try (Channel channel = new TcpTransport().connect(listener.address())) {
                int position = 0;
                int[][] sizes = {{0, 0}, {5, 0}, {0, 7}, {5, 500_000}, {300_000, 12}};
                for (int[] pair : sizes) {
                    position = write(channel, bytes, position, pair[0], pair[1]);
                }
                write(channel, bytes, position, 1, bytes.length - position - 1);
                assertThat(received.get(30, TimeUnit.SECONDS)).isEqualTo(bytes);
            }
        }
    }

    /** Where the next begin. */
    private static int write(Channel channel, byte[] bytes, int position, int first, int second) throws IOException {
        ByteBuffer one = ByteBuffer.wrap(bytes, position, first);
        ByteBuffer other = ByteBuffer.wrap(bytes, position + first, second);
        int end = other.limit();
        channel.write(one, other);
        assertThat(one.hasRemaining()).isFalse();
        assertThat(other.position()).isEqualTo(end);
        assertThat(other.limit()).isEqualTo(end);
        return end;
    }

    private static byte[] receive(Listener listener, int count) throws IOException {
        ByteBuffer received = ByteBuffer.allocate(count);
        try (Channel channel = listener.accept()) {
            while (received.hasRemaining() && channel.read(received) >= 0) {
                // until all are here, or no more come
            }
        }
        return received.array();
    }
}
