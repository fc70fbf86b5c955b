package dev.atlas.it.sim.network;

import dev.atlas.it.sim.scheduler.SimCondition;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.Transport;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.util.ArrayDeque;

/** A listening address of one process. */
final class SimListener implements Transport.Listener {

    private static final int BACKLOG = 128;

    private final SimNetwork network;
    private final NodeAddress address;
    private final ArrayDeque<SimChannel> waiting = new ArrayDeque<>();
    private final SimCondition changed = new SimCondition();
    private boolean closed;

    SimListener(SimNetwork network, NodeAddress address) {
        this.network = network;
        this.address = address;
    }

    @Override
    public NodeAddress address() {
        return address;
    }

    /** False if the backlog is full. */
    boolean offer(SimChannel channel) {
        if (closed || waiting.size() >= BACKLOG) {
            return false;
        }
        waiting.add(channel);
        changed.signalAll();
        return true;
    }

    @Override
    public Channel accept() throws IOException {
        while (waiting.isEmpty()) {
            if (closed) {
                throw new SocketException(address + " is closed");
            }
            try {
                changed.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted in accept");
            }
        }
        return waiting.remove();
    }

    @Override
    public void close() {
        closed = true;
        network.closed(this);
        waiting.forEach(SimChannel::close);
        waiting.clear();
        changed.signalAll();
    }
}
