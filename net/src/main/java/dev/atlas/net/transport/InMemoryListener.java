package dev.atlas.net.transport;

import dev.atlas.net.identity.NodeAddress;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A bound in-memory address with a bounded backlog, as a listening socket has. */
final class InMemoryListener implements Transport.Listener {

    private static final int BACKLOG = 1024;

    private final InMemoryNetwork network;
    private final NodeAddress address;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Guarded by {@link #lock}. */
    private final Deque<Channel> waiting = new ArrayDeque<>();
    /** Guarded by {@link #lock}. */
    private boolean closed;

    InMemoryListener(InMemoryNetwork network, NodeAddress address) {
        this.network = network;
        this.address = address;
    }

    @Override
    public NodeAddress address() {
        return address;
    }

    void offer(Channel channel) throws IOException {
        lock.lock();
        try {
            if (closed || waiting.size() >= BACKLOG) {
                throw new ConnectException(address + " does not accept");
            }
            waiting.add(channel);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Channel accept() throws IOException {
        lock.lock();
        try {
            while (waiting.isEmpty()) {
                if (closed) {
                    throw new SocketException(address + " is closed");
                }
                changed.await();
            }
            return waiting.remove();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted in accept");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        network.closed(this);
        lock.lock();
        try {
            closed = true;
            waiting.forEach(Channel::close);
            waiting.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
