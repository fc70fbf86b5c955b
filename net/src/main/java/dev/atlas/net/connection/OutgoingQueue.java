package dev.atlas.net.connection;

import dev.atlas.net.env.Clock;
import dev.atlas.net.frame.OutgoingFrame;
import dev.atlas.net.stub.ModuleId;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits to leave by one connection: a lane for each module, each bounded in bytes. Many senders, one writer, one lock; a sender
 * signals only a writer that waits, and the writer takes all it can with one acquisition.
 *
 * <p>The writer visits the lanes in the order of {@link #ORDER} and takes a bounded bite of each, so that a bulk transfer never sits
 * in front of votes and no lane starves. A full lane of state transfer blocks its sender; the others drop.
 */
final class OutgoingQueue {

    private static final List<ModuleId> ORDER =
            List.of(ModuleId.RECONFIGURATION, ModuleId.PROTOCOL, ModuleId.APPLICATION, ModuleId.STATE_TRANSFER);

    private static final int BITE_BYTES = 256 * 1024;
    private static final int TRANSFER_BITE_BYTES = 64 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final Condition drained = lock.newCondition();
    /** By code of the module; guarded by {@link #lock}. */
    private final OutgoingLane[] lanes = new OutgoingLane[ModuleId.CODES];
    /** Guarded by {@link #lock}. */
    private boolean heartbeatDue;
    /** Guarded by {@link #lock}. */
    private boolean writerWaits;
    /** Guarded by {@link #lock}. */
    private boolean closed;

    private final Clock clock;
    /** When the first of the waiting messages came, as the clock says; guarded by {@link #lock}, like the next two. */
    private long waitingSince;

    private boolean anyWaiting;
    private long longestWaitNanos;

    /**
     * @param applicationBytes bound of the application's lane, which differs by the kind of the peer
     * @param memory what all peers of that kind may hold in their application lanes
     */
    OutgoingQueue(NetworkConfig.Buffers buffers, int applicationBytes, SharedMemory memory, Clock clock) {
        this.clock = clock;
        SharedMemory unlimited = SharedMemory.unlimited();
        for (ModuleId module : ModuleId.values()) {
            lanes[module.code()] = switch (module) {
                case RECONFIGURATION, PROTOCOL -> new OutgoingLane(buffers.protocolQueue(), BITE_BYTES, unlimited);
                case APPLICATION -> new OutgoingLane(applicationBytes, BITE_BYTES, memory);
                case STATE_TRANSFER -> new OutgoingLane(buffers.transferQueue(), TRANSFER_BITE_BYTES, unlimited);
            };
        }
    }

    private static boolean blocksSender(ModuleId module) {
        return module == ModuleId.STATE_TRANSFER;
    }

    /** False if the message was dropped. */
    boolean offer(ModuleId module, OutgoingFrame frame) {
        OutgoingLane lane = lanes[module.code()];
        lock.lock();
        try {
            while (!closed && !lane.add(frame)) {
                if (!blocksSender(module)) {
                    return false;
                }
                drained.await();
            }
            if (closed) {
                return false;
            }
            arrived();
            wakeWriter();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Keeps the newest message of a slot, however full the lane is; false if closed or out of slots. */
    boolean offerNewest(ModuleId module, int slot, OutgoingFrame frame) {
        lock.lock();
        try {
            if (closed || !lanes[module.code()].addNewest(slot, frame)) {
                return false;
            }
            arrived();
            wakeWriter();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** One look at the clock for all that waits together. */
    private void arrived() {
        if (!anyWaiting) {
            anyWaiting = true;
            waitingSince = clock.nanoTime();
        }
    }

    private void left() {
        if (anyWaiting) {
            longestWaitNanos = Math.max(longestWaitNanos, clock.nanoTime() - waitingSince);
            anyWaiting = false;
            for (OutgoingLane lane : lanes) {
                if (lane != null && !lane.isEmpty()) {
                    arrived();
                }
            }
        }
    }

    /** The longest wait since this was last asked. */
    long takeLongestWaitNanos() {
        lock.lock();
        try {
            long longest = longestWaitNanos;
            longestWaitNanos = 0;
            return longest;
        } finally {
            lock.unlock();
        }
    }

    /** What waits now. */
    long bytes() {
        lock.lock();
        try {
            return ORDER.stream()
                    .mapToLong(module -> lanes[module.code()].bytes())
                    .sum();
        } finally {
            lock.unlock();
        }
    }

    /** What waits of one module, and what the writer has taken of it and is still writing. */
    long bytes(ModuleId module) {
        lock.lock();
        try {
            OutgoingLane lane = lanes[module.code()];
            return lane.bytes() + lane.leavingBytes();
        } finally {
            lock.unlock();
        }
    }

    /** Has the writer say that it lives, unless it has better things to say. */
    void heartbeat() {
        lock.lock();
        try {
            heartbeatDue = true;
            wakeWriter();
        } finally {
            lock.unlock();
        }
    }

    private void wakeWriter() {
        if (writerWaits) {
            writerWaits = false;
            filled.signal();
        }
    }

    /** Blocks until there is something and moves a bite of each lane to {@code target}; false once closed. */
    boolean drainTo(List<OutgoingFrame> target) throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (closed) {
                    return false;
                }
                for (ModuleId module : ORDER) {
                    lanes[module.code()].drainTo(target);
                }
                if (!target.isEmpty()) {
                    heartbeatDue = false;
                    left();
                    drained.signalAll();
                    return true;
                }
                if (heartbeatDue) {
                    heartbeatDue = false;
                    target.add(OutgoingFrame.HEARTBEAT);
                    return true;
                }
                writerWaits = true;
                filled.await();
            }
        } finally {
            writerWaits = false;
            lock.unlock();
        }
    }

    /** Drops what waits and releases writer and senders. */
    void close() {
        lock.lock();
        try {
            closed = true;
            for (ModuleId module : ORDER) {
                lanes[module.code()].clear();
            }
            filled.signalAll();
            drained.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
