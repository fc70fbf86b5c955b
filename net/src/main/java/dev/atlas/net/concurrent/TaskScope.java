package dev.atlas.net.concurrent;

import dev.atlas.net.env.Environment;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bounded piece of concurrent work, in the shape of JEP 505.
 *
 * <ul>
 *   <li>The thread that opens a scope owns it; only the owner forks, joins and closes.
 *   <li>Each subtask runs on its own virtual thread of the environment.
 *   <li>The first failure cancels the siblings by interrupt; {@link #join} then throws it.
 *   <li>A deadline on {@link #join} cancels all, waits for them, and throws {@link DeadlineException}.
 *   <li>{@link #close} cancels what still runs and waits for every thread to end; a closed scope refuses to fork.
 * </ul>
 */
public final class TaskScope implements AutoCloseable {

    private final Environment environment;
    private final String name;
    private final Thread owner = Thread.currentThread();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by {@link #lock}, like all fields below. */
    private final Set<Thread> running = new LinkedHashSet<>();

    private @Nullable Throwable failure;
    private boolean cancelled;
    private boolean timedOut;
    private boolean closed;

    private TaskScope(Environment environment, String name) {
        this.environment = environment;
        this.name = name;
    }

    /** Opens a scope owned by the calling thread. */
    public static TaskScope open(Environment environment, String name) {
        return new TaskScope(environment, name);
    }

    /**
     * Starts a subtask; after a failure or cancellation it is not started and counts as cancelled.
     *
     * @throws IllegalStateException unless called by the owner, before {@link #close}
     */
    public <T> Subtask<T> fork(Callable<? extends T> task) {
        ownerOnly();
        Subtask<T> subtask = new Subtask<>();
        Thread thread = environment.virtualThreads(name).newThread(() -> run(task, subtask));
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("scope " + name + " is closed");
            }
            if (cancelled) {
                return subtask;
            }
            running.add(thread);
        } finally {
            lock.unlock();
        }
        thread.start();
        return subtask;
    }

    /**
     * Waits for all subtasks, or for the first failure and the end of its siblings.
     *
     * @throws FailedException with the first failure as its cause
     */
    public void join() throws InterruptedException, FailedException {
        ownerOnly();
        lock.lock();
        try {
            while (!running.isEmpty()) {
                changed.await();
            }
            if (failure != null) {
                throw new FailedException(name, failure);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * {@link #join} with a deadline in this environment's time.
     *
     * @throws DeadlineException after all subtasks were cancelled and have ended
     */
    public void join(Duration deadline) throws InterruptedException, FailedException, DeadlineException {
        Timers.Timer timer = environment.timers().schedule(deadline, this::expire);
        try {
            join();
        } finally {
            timer.cancel();
        }
        lock.lock();
        try {
            if (timedOut) {
                throw new DeadlineException(name, deadline);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts all subtasks and starts no further ones. */
    public void cancel() {
        lock.lock();
        try {
            cancelled = true;
            running.forEach(Thread::interrupt);
        } finally {
            lock.unlock();
        }
    }

    /** Cancels what runs and waits for it, whatever interrupts; the interrupt is kept for the caller. */
    @Override
    public void close() {
        ownerOnly();
        cancel();
        lock.lock();
        try {
            closed = true;
            while (!running.isEmpty()) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private <T> void run(Callable<? extends T> task, Subtask<T> subtask) {
        try {
            T result = task.call();
            subtask.succeed(result);
        } catch (Throwable thrown) {
            // Throwable: a failed assertion must reach the owner as much as an exception.
            subtask.fail(thrown);
            failed(thrown);
        } finally {
            ended();
        }
    }

    private void failed(Throwable thrown) {
        lock.lock();
        try {
            if (!cancelled) {
                failure = thrown;
                cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            running.remove(Thread.currentThread());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void expire() {
        lock.lock();
        try {
            if (!running.isEmpty() && !cancelled) {
                timedOut = true;
                cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    private void ownerOnly() {
        if (!Thread.currentThread().equals(owner)) {
            throw new IllegalStateException("scope " + name + " belongs to " + owner.getName());
        }
    }

    /** A forked task; its result is there once {@link TaskScope#join} has returned. */
    public static final class Subtask<T> {

        private volatile @Nullable T result;
        private volatile Throwable failure = new CancellationException("not run");
        private volatile boolean succeeded;

        private Subtask() {}

        /**
         * @throws IllegalStateException if the task failed, was cancelled or has not ended
         */
        @SuppressWarnings("NullAway") // a task may return null only if T admits it
        public T get() {
            if (!succeeded) {
                throw new IllegalStateException("no result", failure);
            }
            return result;
        }

        public boolean succeeded() {
            return succeeded;
        }

        private void succeed(T value) {
            result = value;
            succeeded = true;
        }

        private void fail(Throwable thrown) {
            failure = thrown;
        }
    }

    /** A subtask failed. */
    public static final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        FailedException(String scope, Throwable cause) {
            super("a task of scope " + scope + " failed: " + cause, cause);
        }
    }

    /** The subtasks took longer than allowed. */
    public static final class DeadlineException extends Exception {
        private static final long serialVersionUID = 1L;

        DeadlineException(String scope, Duration deadline) {
            super("scope " + scope + " took longer than " + deadline);
        }
    }
}
