package dev.atlas.net.transport;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One direction of a connection: a bounded ring of bytes that ends as a socket does. After the writing end has closed, the reader
 * gets what is left and then the end of the stream; after the reading end has closed, both ends fail.
 */
final class InMemoryPipe {

    private static final int END_OF_STREAM = -1;
    private static final int INITIAL_BYTES = 1024;

    private final int maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Guarded by {@link #lock}; grows up to {@link #maxBytes}, so that idle connections cost little. */
    private byte[] ring;
    /** Guarded by {@link #lock}. */
    private int head;
    /** Guarded by {@link #lock}. */
    private int size;
    /** Guarded by {@link #lock}. */
    private boolean readerClosed;
    /** Guarded by {@link #lock}. */
    private boolean writerClosed;

    InMemoryPipe(int maxBytes) {
        this.maxBytes = maxBytes;
        this.ring = new byte[Math.min(INITIAL_BYTES, maxBytes)];
    }

    int read(ByteBuffer target) throws IOException {
        lock.lock();
        try {
            while (size == 0 && !writerClosed && !readerClosed) {
                await();
            }
            if (readerClosed) {
                throw new SocketException("closed");
            }
            if (size == 0) {
                return END_OF_STREAM;
            }
            int count = Math.min(size, target.remaining());
            int untilEdge = Math.min(count, ring.length - head);
            target.put(ring, head, untilEdge);
            target.put(ring, 0, count - untilEdge);
            head = (head + count) % ring.length;
            size -= count;
            changed.signalAll();
            return count;
        } finally {
            lock.unlock();
        }
    }

    void write(ByteBuffer source) throws IOException {
        lock.lock();
        try {
            while (source.hasRemaining()) {
                while (size == maxBytes && !writerClosed && !readerClosed) {
                    await();
                }
                if (writerClosed || readerClosed) {
                    throw new SocketException(writerClosed ? "closed" : "the peer has closed");
                }
                int count = Math.min(source.remaining(), maxBytes - size);
                makeRoom(size + count);
                int tail = (head + size) % ring.length;
                int untilEdge = Math.min(count, ring.length - tail);
                source.get(ring, tail, untilEdge);
                source.get(ring, 0, count - untilEdge);
                size += count;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    void closeReading() {
        lock.lock();
        try {
            readerClosed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void closeWriting() {
        lock.lock();
        try {
            writerClosed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void makeRoom(int needed) {
        if (needed <= ring.length) {
            return;
        }
        byte[] larger = new byte[(int) Math.min(maxBytes, Math.max(needed, 2L * ring.length))];
        int untilEdge = Math.min(size, ring.length - head);
        System.arraycopy(ring, head, larger, 0, untilEdge);
        System.arraycopy(ring, 0, larger, untilEdge, size - untilEdge);
        ring = larger;
        head = 0;
    }

    /** An interrupt ends the connection, as it does for a socket of a virtual thread. Called in a loop. */
    @SuppressWarnings("WaitNotInLoop")
    private void await() throws IOException {
        try {
            changed.await();
        } catch (InterruptedException e) {
            readerClosed = true;
            writerClosed = true;
            changed.signalAll();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
