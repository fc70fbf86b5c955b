package dev.atlas.net.connection;

import dev.atlas.net.env.Timers;
import dev.atlas.net.env.Timers.Timer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** Interrupts the thread that made it if {@link #end} is not called in time; never after that. */
final class InterruptingDeadline {

    private final Thread owner = Thread.currentThread();
    private final ReentrantLock lock = new ReentrantLock();
    private final Timer timer;
    /** Guarded by {@link #lock}. */
    private boolean ended;
    /** Guarded by {@link #lock}. */
    private boolean fired;

    InterruptingDeadline(Timers timers, Duration delay) {
        this.timer = timers.schedule(delay, this::fire);
    }

    private void fire() {
        lock.lock();
        try {
            if (!ended) {
                fired = true;
                owner.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The work is over; takes back the interrupt if it was this deadline's. */
    void end() {
        timer.cancel();
        lock.lock();
        try {
            ended = true;
            if (fired && Thread.interrupted()) {
                fired = false;
            }
        } finally {
            lock.unlock();
        }
    }
}
