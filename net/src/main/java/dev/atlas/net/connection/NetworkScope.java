package dev.atlas.net.connection;

import dev.atlas.net.env.Environment;
import dev.atlas.net.env.Timers.Timer;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads of one node: any of them may start another, a failure of one is its own, and closing interrupts all and waits for them.
 * Unlike a scope of one task it has no owner thread, because connections come and go as long as the node lives.
 */
final class NetworkScope {

    private final Environment environment;
    private final String prefix;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Guarded by {@link #lock}. */
    private final Set<Thread> threads = new LinkedHashSet<>();
    /** Guarded by {@link #lock}. */
    private boolean closed;

    /**
     * @param prefix how the name of every thread begins
     */
    NetworkScope(Environment environment, String prefix) {
        this.environment = environment;
        this.prefix = prefix;
    }

    /** A new thread, or empty if the scope is closed. */
    Optional<Thread> fork(String name, Runnable body) {
        Thread thread = environment.virtualThreads(prefix + name).newThread(() -> {
            try {
                body.run();
            } finally {
                ended(Thread.currentThread());
            }
        });
        lock.lock();
        try {
            if (closed) {
                return Optional.empty();
            }
            threads.add(thread);
        } finally {
            lock.unlock();
        }
        thread.start();
        return Optional.of(thread);
    }

    private void ended(Thread thread) {
        lock.lock();
        try {
            threads.remove(thread);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Refuses new threads and interrupts those that there are. */
    void cancel() {
        lock.lock();
        try {
            closed = true;
            threads.forEach(Thread::interrupt);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all have ended; the names of those that had not by the deadline. */
    Set<String> join(Duration deadline) {
        Deadline limit = new Deadline();
        Timer timer = environment.timers().schedule(deadline, limit::pass);
        lock.lock();
        try {
            while (!threads.isEmpty() && !limit.passed) {
                changed.awaitUninterruptibly();
            }
            Set<String> left = new LinkedHashSet<>();
            threads.forEach(thread -> left.add(thread.getName()));
            return left;
        } finally {
            lock.unlock();
            timer.cancel();
        }
    }

    private final class Deadline {

        /** Guarded by {@link #lock}. */
        private boolean passed;

        void pass() {
            lock.lock();
            try {
                passed = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
