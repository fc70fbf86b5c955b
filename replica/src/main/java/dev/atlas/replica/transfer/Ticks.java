package dev.atlas.replica.transfer;

import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Says at regular intervals that time has passed, until closed. Thread-safe. */
final class Ticks implements AutoCloseable {

    private final Timers timers;
    private final Duration interval;
    private final Runnable action;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like the flag. */
    private Timers.@Nullable Timer timer;

    private boolean closed;

    Ticks(Timers timers, Duration interval, Runnable action) {
        this.timers = timers;
        this.interval = interval;
        this.action = action;
    }

    void start() {
        lock.lock();
        try {
            if (!closed) {
                timer = timers.schedule(interval, this::tick);
            }
        } finally {
            lock.unlock();
        }
    }

    private void tick() {
        action.run();
        start();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (timer != null) {
                timer.cancel();
            }
        } finally {
            lock.unlock();
        }
    }
}
