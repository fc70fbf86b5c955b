package dev.atlas.net.connection;

import dev.atlas.net.identity.NodeAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** Stands between two real TCP nodes and does to their bytes what bad networks and bad people do. */
final class FaultProxy implements AutoCloseable {

    /** What happens to bytes from now on; {@link #heal} makes it nothing again. */
    enum Weather {
        FAIR,
        /** Every piece waits a while. */
        DELAYED,
        /** A few bytes at a time, with waits between. */
        THROTTLED,
        /** Nothing passes and nothing closes, as after a cable was pulled. */
        HALF_OPEN
    }

    private record Pair(SocketChannel near, SocketChannel far) {
        void cut() throws IOException {
            near.close();
            far.close();
        }
    }

    private final ServerSocketChannel server;
    private final InetSocketAddress target;
    private final List<Thread> threads = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Guarded by {@link #lock}, like all below. */
    private final List<Pair> pairs = new ArrayList<>();

    private Weather weather = Weather.FAIR;
    private boolean flipNext;
    private boolean closed;
    private int accepted;

    FaultProxy(NodeAddress target) throws IOException {
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), target.port());
        this.server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        start(this::accept);
    }

    NodeAddress address() throws IOException {
        return new NodeAddress("127.0.0.1", ((InetSocketAddress) server.getLocalAddress()).getPort());
    }

    int accepted() {
        lock.lock();
        try {
            return accepted;
        } finally {
            lock.unlock();
        }
    }

    private interface Body {
        void run() throws IOException, InterruptedException;
    }

    private void start(Body body) {
        lock.lock();
        try {
            threads.removeIf(thread -> !thread.isAlive());
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    body.run();
                } catch (IOException | InterruptedException ended) {
                    // A cut connection, which is what this is for; whoever waits for its bytes fails by a deadline of
                    // its own.
                    Thread.currentThread().interrupt();
                }
            }));
        } finally {
            lock.unlock();
        }
    }

    private void accept() throws IOException {
        while (true) {
            SocketChannel near = server.accept();
            SocketChannel far;
            try {
                far = SocketChannel.open(target);
            } catch (IOException down) {
                near.close();
                continue;
            }
            Pair pair = new Pair(near, far);
            lock.lock();
            try {
                accepted++;
                pairs.add(pair);
            } finally {
                lock.unlock();
            }
            start(() -> pump(pair, near, far));
            start(() -> pump(pair, far, near));
        }
    }

    private void pump(Pair pair, SocketChannel from, SocketChannel to) throws IOException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
        try {
            while (from.read(buffer.clear()) >= 0) {
                buffer.flip();
                Weather now = pass(buffer);
                while (buffer.hasRemaining()) {
                    int end = buffer.limit();
                    if (now == Weather.THROTTLED) {
                        buffer.limit(Math.min(end, buffer.position() + 500));
                    }
                    if (now != Weather.FAIR) {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
                    }
                    while (buffer.hasRemaining()) {
                        to.write(buffer);
                    }
                    buffer.limit(end);
                }
            }
        } finally {
            lock.lock();
            try {
                pairs.remove(pair);
            } finally {
                lock.unlock();
            }
            pair.cut();
        }
    }

    /** Waits while nothing passes, and alters a byte if somebody asked for that. */
    private Weather pass(ByteBuffer bytes) throws InterruptedException {
        lock.lock();
        try {
            while (weather == Weather.HALF_OPEN && !closed) {
                changed.await();
            }
            if (flipNext) {
                flipNext = false;
                int at = bytes.limit() / 2;
                bytes.put(at, (byte) (bytes.get(at) ^ 0x10));
            }
            return weather;
        } finally {
            lock.unlock();
        }
    }

    void weather(Weather next) {
        lock.lock();
        try {
            weather = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void heal() {
        weather(Weather.FAIR);
    }

    void flipAByte() {
        lock.lock();
        try {
            flipNext = true;
        } finally {
            lock.unlock();
        }
    }

    private List<Pair> pairs() {
        lock.lock();
        try {
            return List.copyOf(pairs);
        } finally {
            lock.unlock();
        }
    }

    void cutAll() throws IOException {
        for (Pair pair : pairs()) {
            pair.cut();
        }
    }

    void cutOne(Random random) throws IOException {
        List<Pair> now = pairs();
        if (!now.isEmpty()) {
            now.get(random.nextInt(now.size())).cut();
        }
    }

    /** Into the middle of what one end reads. */
    void garbage(Random random) {
        List<Pair> now = pairs();
        if (!now.isEmpty()) {
            byte[] bytes = new byte[100];
            random.nextBytes(bytes);
            SocketChannel victim = now.get(random.nextInt(now.size())).far();
            // In a thread of its own: the victim may not be reading.
            start(() -> victim.write(ByteBuffer.wrap(bytes)));
        }
    }

    @Override
    public void close() {
        List<Thread> ending;
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            ending = List.copyOf(threads);
        } finally {
            lock.unlock();
        }
        try {
            server.close();
            cutAll();
            for (Thread thread : ending) {
                thread.interrupt();
                thread.join();
            }
            cutAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
