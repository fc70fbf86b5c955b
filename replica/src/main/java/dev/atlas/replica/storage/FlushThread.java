package dev.atlas.replica.storage;

import dev.atlas.net.env.DedicatedThread;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Flushes on a platform thread of its own. Waits for it cannot be interrupted: LevelDB must not be closed under a thread that writes to it.
 */
final class FlushThread implements Background {

    private final DedicatedThread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    /** Guarded by {@link #lock}, like all below. */
    private boolean isRunning;

    private boolean isClosed;
    private @Nullable Throwable failure;

    FlushThread(DedicatedThread thread) {
        this.thread = thread;
    }

    @Override
    public void start(Task task) {
        lock.lock();
        try {
            isRunning = true;
        } finally {
            lock.unlock();
        }
        thread.execute(() -> run(task));
    }

    private void run(Task task) {
        Throwable failed = null;
        try {
            boolean isDone = false;
            while (!isDone && !isClosed()) {
                isDone = task.step();
            }
        } catch (IOException | RuntimeException | Error cause) {
            failed = cause;
        }
        lock.lock();
        try {
            failure = failed;
            isRunning = false;
            ended.signalAll();
        } finally {
            lock.unlock();
        }
        if (failed instanceof Error error) {
            throw error; // the environment tells those who stop for it
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return isClosed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isIdle() throws IOException {
        lock.lock();
        try {
            check();
            return !isRunning;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void await() throws IOException {
        lock.lock();
        try {
            while (isRunning) {
                ended.awaitUninterruptibly();
            }
            check();
        } finally {
            lock.unlock();
        }
    }

    private void check() throws IOException {
        if (failure != null) {
            throw new IOException("the work behind the journal failed: " + failure.getMessage(), failure);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            while (isRunning) {
                ended.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        thread.close();
    }
}
