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
 * <p>Unlike a {@link TaskScope}, any thread may start a task, its own tasks included: an accept loop starts connections that outlive it.
 *
 * <ul>
 *   <li>A failing task, by exception or error, ends alone; errors of the virtual machine are reported to the environment as well.
 *   <li>One that must not end is started again, after a delay, until close: a stray interrupt does not end it either.
 *   <li>{@link #close} interrupts all, starts nothing further, and waits for the threads up to a deadline in the environment's time.
 *   <li>The environment is closed after its supervisors.
 * </ul>
 *
 * <p>Thread-safe.
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
            while (shedInterruptUnlessClosed()) {
                try {
                    task.run();
                    backoff.reset();
                } catch (Throwable failure) {
                    // Throwable: a service that an error ended silently is as dead as one that failed.
                    environment.fatalErrors().report(failure);
                    if (!isClosed()) {
                        LOG.warn("{} failed and will be restarted: {}", taskName, failure.toString());
                        LOG.debug("{} failed", taskName, failure);
                    }
                }
                pause(taskName, backoff);
            }
        });
    }

    private void pause(String taskName, Backoff backoff) {
        if (shedInterruptUnlessClosed()) {
            try {
                environment.sleep(backoff.next());
            } catch (InterruptedException interrupted) {
                LOG.debug("{} is not delayed any longer", taskName);
            }
        }
    }

    /** True while open. Under the lock, so that it never sheds the interrupt by which {@link #close} ends the thread. */
    private boolean shedInterruptUnlessClosed() {
        lock.lock();
        try {
            if (!closed && Thread.interrupted()) {
                LOG.debug("a task of {} left an interrupt behind", name);
            }
            return !closed;
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

    /** {@link #stop}, with a warning in the log that names the threads that did not end. */
    @Override
    public void close() {
        List<String> alive = stop();
        if (!alive.isEmpty()) {
            LOG.warn("{} did not end within {}: {}", name, closeDeadline, alive);
        }
    }

    /**
     * Interrupts all tasks and waits for them up to the deadline. Idempotent.
     *
     * <p>A task may call it: it is interrupted like the others, but cannot be waited for.
     *
     * @return the names of the threads that have not ended
     */
    public List<String> stop() {
        lock.lock();
        try {
            closed = true;
            running.forEach(Thread::interrupt);
            if (othersRunning().isEmpty()) {
                return List.of();
            }
        } finally {
            lock.unlock();
        }
        boolean[] late = {false};
        Timers.Timer timer = environment.timers().schedule(closeDeadline, () -> expire(late));
        lock.lock();
        try {
            while (!late[0] && !othersRunning().isEmpty()) {
                changed.awaitUninterruptibly();
            }
            return othersRunning();
        } finally {
            lock.unlock();
            timer.cancel();
        }
    }

    private List<String> othersRunning() {
        Thread caller = Thread.currentThread();
        return running.stream()
                .filter(thread -> !thread.equals(caller))
                .map(Thread::getName)
                .toList();
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
        } catch (Throwable failure) {
            environment.fatalErrors().report(failure);
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
