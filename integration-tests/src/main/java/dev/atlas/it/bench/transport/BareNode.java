package dev.atlas.it.bench.transport;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** A blocking loop on a virtual thread for each connection, and writes by whoever sends: what the JDK and the kernel can do at best. */
final class BareNode implements BenchNode {

    private final int self;
    private final List<Integer> ports;
    private final Tally tally;
    private final ServerSocketChannel server;
    private final AtomicReferenceArray<BareLink> links;
    private final CountDownLatch missing;

    BareNode(int self, List<Integer> ports, Tally tally) throws IOException {
        this.self = self;
        this.ports = ports;
        this.tally = tally;
        this.links = new AtomicReferenceArray<>(ports.size());
        this.missing = new CountDownLatch(ports.size() - 1);
        this.server = ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.get(self)));
        Thread.ofVirtual().start(this::acceptAll);
    }

    private void acceptAll() {
        try {
            for (int expected = self + 1; expected < ports.size(); expected++) {
                SocketChannel socket = server.accept();
                ByteBuffer hello = ByteBuffer.allocate(Integer.BYTES);
                while (hello.hasRemaining()) {
                    if (socket.read(hello) < 0) {
                        throw new EOFException("no hello");
                    }
                }
                begin(hello.getInt(0), socket);
            }
        } catch (IOException e) {
            if (server.isOpen()) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    @Override
    public void connect() throws IOException, InterruptedException {
        for (int peer = 0; peer < self; peer++) {
            SocketChannel socket =
                    SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.get(peer)));
            socket.write(ByteBuffer.allocate(Integer.BYTES).putInt(0, self));
            begin(peer, socket);
        }
        missing.await();
    }

    private void begin(int peer, SocketChannel socket) throws IOException {
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        links.set(peer, new BareLink(socket));
        Thread.ofVirtual().start(() -> read(peer, socket));
        missing.countDown();
    }

    private void read(int peer, SocketChannel socket) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try {
            while (socket.read(buffer) >= 0) {
                buffer.flip();
                long now = System.nanoTime();
                int count = 0;
                while (buffer.remaining() >= HEADER_BYTES) {
                    int length = buffer.getInt(buffer.position());
                    if (buffer.remaining() < HEADER_BYTES + length) {
                        break;
                    }
                    tally.message(peer, buffer.getLong(buffer.position() + HEADER_BYTES), now);
                    count++;
                    buffer.position(buffer.position() + HEADER_BYTES + length);
                }
                tally.count(peer, count);
                buffer.compact();
            }
        } catch (IOException closed) {
            if (socket.isOpen()) {
                throw new java.io.UncheckedIOException(closed);
            }
        }
    }

    @Override
    public Link to(int peer) {
        return links.get(peer);
    }

    @Override
    public void close() {
        try {
            server.close();
            for (int peer = 0; peer < ports.size(); peer++) {
                if (peer != self) {
                    links.get(peer).socket.close();
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static final class BareLink implements Link {

        private final SocketChannel socket;
        private final ByteBuffer gathered = ByteBuffer.allocateDirect(BUFFER_BYTES);

        BareLink(SocketChannel socket) {
            this.socket = socket;
        }

        @Override
        public void send(ByteBuffer message) throws IOException {
            int length = message.remaining();
            if (gathered.remaining() < HEADER_BYTES + length) {
                flush();
            }
            gathered.putInt(length).put(MODULE).put(gathered.position(), message, message.position(), length);
            gathered.position(gathered.position() + length);
        }

        @Override
        public void flush() throws IOException {
            gathered.flip();
            while (gathered.hasRemaining()) {
                socket.write(gathered);
            }
            gathered.clear();
        }
    }
}
