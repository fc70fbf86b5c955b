package dev.atlas.core.client;

import dev.atlas.net.env.Clock;
import dev.atlas.net.env.ForwardingEnvironment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Real threads; time passes only in {@link #advance}, whose thread runs the timers. */
final class ManualTime extends ForwardingEnvironment {

    private final ReentrantLock lock = new ReentrantLock();
    private final List<Pending> pending = new ArrayList<>();
    private @Nullable Thread failing;
    private long nowNanos = -Duration.ofDays(1).toNanos(); // any origin is allowed, below zero too

    private record Pending(long dueNanos, Runnable action) {}

    ManualTime() {
        super(SystemEnvironment.create("client-test", 1));
    }

    void advance(Duration duration) {
        List<Pending> due;
        lock.lock();
        try {
            nowNanos += duration.toNanos();
            due = pending.stream().filter(timer -> timer.dueNanos <= nowNanos).toList();
            pending.removeAll(due);
        } finally {
            lock.unlock();
        }
        due.forEach(timer -> timer.action.run());
    }

    /** The clock fails the thread that calls this, once: not the client's own, which may be looking at it for another reason. */
    void failOnce() {
        lock.lock();
        try {
            failing = Thread.currentThread();
        } finally {
            lock.unlock();
        }
    }

    private Timers.Timer schedule(Duration delay, Runnable action) {
        lock.lock();
        try {
            Pending timer = new Pending(nowNanos + delay.toNanos(), action);
            pending.add(timer);
            return () -> cancel(timer);
        } finally {
            lock.unlock();
        }
    }

    private void cancel(Pending timer) {
        lock.lock();
        try {
            pending.remove(timer);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Clock clock() {
        return new Clock() {
            @Override
            public long nanoTime() {
                lock.lock();
                try {
                    if (Thread.currentThread().equals(failing)) {
                        failing = null;
                        throw new IllegalStateException("no time");
                    }
                    return nowNanos;
                } finally {
                    lock.unlock();
                }
            }

            @Override
            public long wallMillis() {
                return 1_000_000;
            }
        };
    }

    @Override
    public Timers timers() {
        return this::schedule;
    }

    @Override
    public void sleep(Duration duration) {
        throw new UnsupportedOperationException("a client does not sleep");
    }
}
