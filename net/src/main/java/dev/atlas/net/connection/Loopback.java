package dev.atlas.net.connection;

import dev.atlas.net.env.Clock;
import dev.atlas.net.frame.OutgoingFrame;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.metrics.NetworkCounters;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages to oneself: the same queue with the same policies, and a thread of its own, so that a sender never runs a receiver's code.
 */
final class Loopback {

    private static final Logger LOG = LoggerFactory.getLogger(Loopback.class);

    private final NodeId self;
    private final Receivers receivers;
    private final NetworkCounters counters;
    private final OutgoingQueue queue;

    Loopback(NodeId self, NetworkConfig.Buffers buffers, Receivers receivers, NetworkCounters counters, Clock clock) {
        this.self = self;
        this.receivers = receivers;
        this.counters = counters;
        this.queue = new OutgoingQueue(buffers, buffers.applicationQueue(), SharedMemory.unlimited(), clock);
    }

    OutgoingQueue queue() {
        return queue;
    }

    void run() {
        List<OutgoingFrame> frames = new ArrayList<>();
        IncomingBatch batch = new IncomingBatch();
        try {
            while (queue.drainTo(frames)) {
                frames.forEach(frame -> frame.module()
                        .ifPresent(module -> batch.frame(module, frame.payload().duplicate())));
                frames.clear();
                deliver(batch);
            }
        } catch (InterruptedException e) {
            LOG.debug("the loopback of {} ends", self);
        } finally {
            queue.close();
        }
    }

    private void deliver(IncomingBatch batch) {
        try {
            while (batch.size() > 0) {
                batch.deliver(self, receivers, Integer.MAX_VALUE);
            }
        } catch (RuntimeException e) {
            // As on a connection: a receiver's bug, but here there is no connection to end.
            counters.receiverFailed();
            LOG.error("a receiver failed on a message of this node's own", e);
        }
    }
}
