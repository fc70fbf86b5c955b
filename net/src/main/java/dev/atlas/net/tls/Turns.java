package dev.atlas.net.tls;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets few threads compute at once, the latest comer first. When more come than can be served, first come, first served would have
 * everybody wait to the end of the handshake's deadline and nobody finish; this way most of those who are served get through. Who is no
 * longer wanted does not get a turn, and does not wait for one either.
 *
 * <p>Waits on virtual threads are bounded in number by the limits on strangers. Thread-safe.
 */
final class Turns {

    private final ReentrantLock lock = new ReentrantLock();
    /** The latest first; guarded by {@link #lock}, as is {@link #free}. */
    private final Deque<Waiter> waiting = new ArrayDeque<>();

    private int free;

    private static final class Waiter {

        private final Condition changed;
        private final BooleanSupplier wanted;
        private boolean called;
        private boolean sentAway;

        Waiter(Condition changed, BooleanSupplier wanted) {
            this.changed = changed;
            this.wanted = wanted;
        }
    }

    Turns(int atOnce) {
        this.free = atOnce;
    }

    /**
     * Blocks until it is this thread's turn and runs the task.
     *
     * @param wanted whether anybody still waits for the outcome; must not block
     * @return false if nobody does any more, and the task was not run
     */
    boolean run(BooleanSupplier wanted, Runnable task) throws InterruptedException {
        if (!enter(wanted)) {
            return false;
        }
        try {
            boolean stillWanted = wanted.getAsBoolean();
            if (stillWanted) {
                task.run();
            }
            return stillWanted;
        } finally {
            leave();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    private boolean enter(BooleanSupplier wanted) throws InterruptedException {
        lock.lock();
        try {
            if (free > 0) {
                free--;
                return true;
            }
            Waiter waiter = new Waiter(lock.newCondition(), wanted);
            waiting.addFirst(waiter);
            try {
                while (!waiter.called && !waiter.sentAway) {
                    waiter.changed.await();
                }
            } catch (InterruptedException e) {
                waiting.remove(waiter);
                if (waiter.called) {
                    next();
                }
                throw e;
            }
            return waiter.called;
        } finally {
            lock.unlock();
        }
    }

    private void leave() {
        lock.lock();
        try {
            next();
        } finally {
            lock.unlock();
        }
    }

    /** Hands a turn on, after sending away those who wait in vain. */
    private void next() {
        for (Iterator<Waiter> each = waiting.iterator(); each.hasNext(); ) {
            Waiter waiter = each.next();
            if (!waiter.wanted.getAsBoolean()) {
                each.remove();
                waiter.sentAway = true;
                waiter.changed.signal();
            }
        }
        Waiter latest = waiting.pollFirst();
        if (latest == null) {
            free++;
        } else {
            latest.called = true;
            latest.changed.signal();
        }
    }
}
