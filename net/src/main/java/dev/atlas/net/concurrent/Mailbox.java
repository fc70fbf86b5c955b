package dev.atlas.net.concurrent;

import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToIntFunction;

/**
 * A bounded queue with lanes: many producers, one consumer.
 *
 * <p>Lanes are preferred in the order of their enum constants. {@link #drain} gives each lane in turn up to half of the room that is left,
 * keeping one place for each lane after it, then fills up in the same order: a busy lane delays those behind it and never starves
 * them. Order holds within a lane. Taking many under one lock is what makes it cheap. A full lane refuses or blocks its own
 * producers only.
 */
public final class Mailbox<L extends Enum<L>, M> {

    private final Map<L, Lane<M>> lanes;
    /** The same, for who goes through all of them. */
    private final List<Lane<M>> inOrder;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();

    /** Guarded by {@link #lock}, like the lanes and all fields below. */
    private boolean consumerWaits;

    private boolean closed;

    /**
     * @param capacity messages that each lane holds, 1 or more
     */
    public Mailbox(Class<L> laneType, ToIntFunction<L> capacity) {
        lanes = new EnumMap<>(laneType);
        for (L lane : laneType.getEnumConstants()) {
            lanes.put(lane, new Lane<>(capacity.applyAsInt(lane), lock.newCondition()));
        }
        inOrder = List.copyOf(lanes.values());
    }

    /** False if the lane is full or the mailbox closed. */
    public boolean offer(L lane, M message) {
        lock.lock();
        try {
            Lane<M> target = lane(lane);
            if (closed || target.isFull()) {
                return false;
            }
            add(target, message);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Adds what fits, under one lock; returns how many of the messages, from the first, were taken. */
    public int offerAll(L lane, List<? extends M> messages) {
        lock.lock();
        try {
            Lane<M> target = lane(lane);
            int taken = closed ? 0 : Math.min(messages.size(), target.room());
            for (int index = 0; index < taken; index++) {
                add(target, messages.get(index));
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Waits while the lane is full; false if the mailbox is closed. */
    public boolean put(L lane, M message) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Lane<M> target = lane(lane);
            while (!closed && target.isFull()) {
                target.blocked++;
                try {
                    target.freed.await();
                } finally {
                    target.blocked--;
                }
            }
            if (closed) {
                return false;
            }
            add(target, message);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for messages and moves up to {@code most} of them to {@code target}. One consumer only.
     *
     * @param most not below the number of lanes, else there would not be a place for each
     * @return false once the mailbox is closed and empty
     */
    public boolean drain(List<? super M> target, int most) throws InterruptedException {
        return drain(inOrder, target, most);
    }

    /**
     * The same with the lanes up to {@code last} only, as if there were no others: what lies in those stays there, and its producers wait or are refused.
     *
     * @return false once the mailbox is closed and nothing is left in these lanes
     */
    public boolean drainThrough(L last, List<? super M> target, int most) throws InterruptedException {
        return drain(inOrder.subList(0, inOrder.indexOf(lane(last)) + 1), target, most);
    }

    private boolean drain(List<Lane<M>> from, List<? super M> target, int most) throws InterruptedException {
        if (most < lanes.size()) {
            throw new IllegalArgumentException(
                    "with " + most + " places at a time, " + lanes.size() + " lanes would starve");
        }
        lock.lockInterruptibly();
        try {
            while (areEmpty(from)) {
                if (closed) {
                    return false;
                }
                consumerWaits = true;
                arrived.await();
            }
            consumerWaits = false;
            int room = most;
            int lanesBehind = from.size();
            for (Lane<M> lane : from) {
                lanesBehind--;
                room -= move(lane, target, Math.max(1, Math.min(room / 2, room - lanesBehind)));
            }
            for (Lane<M> lane : from) {
                room -= move(lane, target, room);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean areEmpty(List<Lane<M>> some) {
        for (Lane<M> lane : some) {
            if (!lane.messages.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Messages waiting in a lane. */
    public int depth(L lane) {
        lock.lock();
        try {
            return lane(lane).messages.size();
        } finally {
            lock.unlock();
        }
    }

    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Refuses further messages, wakes everyone who waits; what is queued can still be drained. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            arrived.signalAll();
            inOrder.forEach(lane -> lane.freed.signalAll());
        } finally {
            lock.unlock();
        }
    }

    private Lane<M> lane(L lane) {
        Lane<M> found = lanes.get(lane);
        if (found == null) {
            throw new IllegalArgumentException("no such lane: " + lane);
        }
        return found;
    }

    private void add(Lane<M> lane, M message) {
        lane.messages.add(message);
        if (consumerWaits) {
            consumerWaits = false;
            arrived.signal();
        }
    }

    private int move(Lane<M> lane, List<? super M> target, int share) {
        int moved = 0;
        while (moved < share) {
            M message = lane.messages.poll();
            if (message == null) {
                break;
            }
            target.add(message);
            moved++;
        }
        if (moved > 0 && lane.blocked > 0) {
            lane.freed.signalAll();
        }
        return moved;
    }

    private static final class Lane<M> {
        private final ArrayDeque<M> messages = new ArrayDeque<>();
        private final int capacity;
        private final Condition freed;
        private int blocked;

        Lane(int capacity, Condition freed) {
            if (capacity < 1) {
                throw new IllegalArgumentException("a lane holds 1 message or more, not " + capacity);
            }
            this.capacity = capacity;
            this.freed = freed;
        }

        boolean isFull() {
            return messages.size() >= capacity;
        }

        int room() {
            return capacity - messages.size();
        }
    }
}
