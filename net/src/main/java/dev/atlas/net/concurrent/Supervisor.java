package dev.atlas.net.concurrent;

import dev.atlas.net.env.Environment;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The long-lived threads of a service.
 *
 * <p>Unlike a {@link TaskScope}, any thread may start a task, a failing task ends alone, and one that must not end is started again. {@link
 * #close} interrupts all and waits for them up to a deadline. Thread-safe.
 */
public final class Supervisor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

    private final Environment environment;
    private final String name;
    private final Duration closeDeadline;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by {@link #lock}, as is {@link #closed}. */
    private final Set<Thread> running = new LinkedHashSet<>();

    private boolean closed;

    /**
     * @param closeDeadline how long {@link #close} waits for the threads to end
     */
    public Supervisor(Environment environment, String name, Duration closeDeadline) {
        this.environment = environment;
        this.name = name;
        this.closeDeadline = closeDeadline;
    }

    /** Runs a task on a virtual thread; false if closed. What it throws is logged and ends it alone. */
    public boolean start(String taskName, Task task) {
        Thread thread = environment.virtualThreads(name + "-" + taskName).newThread(() -> runOnce(taskName, task));
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            running.add(thread);
        } finally {
            lock.unlock();
        }
        thread.start();
        return true;
    }

    /** Runs a task that must not end: when it does, by return or failure, it is run again after a delay, until close. */
    public boolean keepRunning(String taskName, Backoff.Policy delays, Task task) {
        return start(taskName, () -> {
            Backoff backoff = new Backoff(delays, environment.random());
            while (!isClosed()) {
                try {
                    task.run();
                    backoff.reset();
                } catch (InterruptedException interrupted) {
                    throw interrupted;
                } catch (Exception failure) {
                    if (!isClosed()) {
                        LOG.warn("{} failed and will be restarted: {}", taskName, failure.toString());
                    }
                }
                if (!isClosed()) {
                    environment.sleep(backoff.next());
                }
            }
        });
    }

    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts all tasks and waits for them; names those that did not end by the deadline in the log. Idempotent. */
    @Override
    public void close() {
        boolean[] late = {false};
        Timers.Timer timer = environment.timers().schedule(closeDeadline, () -> expire(late));
        lock.lock();
        try {
            closed = true;
            running.forEach(Thread::interrupt);
            Thread caller = Thread.currentThread();
            // A task may close its own supervisor; it cannot wait for itself.
            while (running.stream().anyMatch(thread -> !thread.equals(caller)) && !late[0]) {
                changed.awaitUninterruptibly();
            }
            List<String> alive = running.stream()
                    .filter(thread -> !thread.equals(caller))
                    .map(Thread::getName)
                    .toList();
            if (!alive.isEmpty()) {
                LOG.warn("{} did not end within {}: {}", name, closeDeadline, alive);
            }
        } finally {
            lock.unlock();
            timer.cancel();
        }
    }

    private void expire(boolean[] late) {
        lock.lock();
        try {
            late[0] = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void runOnce(String taskName, Task task) {
        try {
            task.run();
        } catch (InterruptedException interrupted) {
            LOG.debug("{} was interrupted", taskName);
        } catch (Exception failure) {
            LOG.warn("{} ended: {}", taskName, failure.toString(), failure);
        } finally {
            lock.lock();
            try {
                running.remove(Thread.currentThread());
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** A task that may block and fail. */
    @FunctionalInterface
    public interface Task {
        void run() throws Exception;
    }
}
