package dev.atlas.net.transport;

import dev.atlas.net.identity.NodeAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The wires between the in-memory transports of one JVM: who listens where. Thread-safe.
 *
 * <p>Hosts are labels; port 0 lets the network choose one.
 */
public final class InMemoryNetwork {

    /** What a pipe holds when nothing else is asked for: about a socket's buffer. */
    public static final int DEFAULT_PIPE_BYTES = 256 * 1024;

    private static final int FIRST_CHOSEN_PORT = 49_152;

    private final int pipeBytes;
    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by {@link #lock}. */
    private final Map<NodeAddress, InMemoryListener> listeners = new HashMap<>();
    /** Guarded by {@link #lock}. */
    private int nextPort = FIRST_CHOSEN_PORT;

    public InMemoryNetwork() {
        this(DEFAULT_PIPE_BYTES);
    }

    /**
     * @param pipeBytes how many bytes each direction of a channel holds before its writer blocks, at least 1
     */
    public InMemoryNetwork(int pipeBytes) {
        if (pipeBytes < 1) {
            throw new IllegalArgumentException("a pipe holds at least one byte, not " + pipeBytes);
        }
        this.pipeBytes = pipeBytes;
    }

    /**
     * The transport of one machine.
     *
     * @param host what peers see as {@link Channel#remoteHost} of the channels that it opens
     */
    public Transport transport(String host) {
        return new InMemoryTransport(this, host);
    }

    Transport.Listener listen(NodeAddress asked) throws IOException {
        lock.lock();
        try {
            NodeAddress address = asked.port() == 0 ? new NodeAddress(asked.host(), nextPort++) : asked;
            if (listeners.containsKey(address)) {
                throw new BindException("somebody listens on " + address + " already");
            }
            InMemoryListener listener = new InMemoryListener(this, address);
            listeners.put(address, listener);
            return listener;
        } finally {
            lock.unlock();
        }
    }

    Channel connect(String fromHost, NodeAddress to) throws IOException {
        InMemoryListener listener;
        lock.lock();
        try {
            listener = listeners.get(to);
        } finally {
            lock.unlock();
        }
        if (listener == null) {
            throw new ConnectException("nobody listens on " + to);
        }
        InMemoryPipe there = new InMemoryPipe(pipeBytes);
        InMemoryPipe back = new InMemoryPipe(pipeBytes);
        listener.offer(new InMemoryChannel(there, back, fromHost));
        return new InMemoryChannel(back, there, to.host());
    }

    void closed(InMemoryListener listener) {
        lock.lock();
        try {
            listeners.remove(listener.address(), listener);
        } finally {
            lock.unlock();
        }
    }
}
