package dev.atlas.replica.storage;

import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a thread that writes. What it has accepted, closing it as it is gives a few seconds; a slow disk may need minutes for what is queued, and what is then
 * dropped is lost, along with the mark that all of it is there. So this is waited for, and only a disk that does not answer for {@link #DEADLINE} is given up.
 * Thread-safe; the environment is closed after it.
 */
final class LastTask {

    /** Beyond what the longest queue takes on a disk that writes a megabyte a second. */
    static final Duration DEADLINE = Duration.ofMinutes(5);

    private static final Duration BETWEEN_WORDS = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(LastTask.class);

    private final Environment environment;
    private final DedicatedThread thread;
    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by {@link #lock}, like all below. */
    private boolean begun;

    private boolean over;
    private boolean givenUp;

    /**
     * @param name of what is closed, for the log
     */
    LastTask(Environment environment, DedicatedThread thread, String name) {
        this.environment = environment;
        this.thread = thread;
        this.name = name;
    }

    /** Runs a task behind all that was accepted, and ends the thread. Who comes second waits too, and its task is none. An interrupt is kept for later. */
    void run(Runnable task) {
        try {
            if (isFirst()) {
                thread.execute(() -> runLast(task));
            }
            await();
        } finally {
            thread.close();
        }
    }

    private boolean isFirst() {
        lock.lock();
        try {
            boolean first = !begun;
            begun = true;
            return first;
        } finally {
            lock.unlock();
        }
    }

    private void runLast(Runnable task) {
        try {
            task.run();
        } finally {
            lock.lock();
            try {
                over = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void await() {
        Waiting waiting = new Waiting();
        lock.lock();
        try {
            if (!over) {
                waiting.goOn();
            }
            while (!over && !givenUp) {
                changed.awaitUninterruptibly();
            }
        } finally {
            waiting.end();
            lock.unlock();
        }
    }

    /** Says from time to time that it takes long, and in the end that it is too long. Guarded by {@link #lock}. */
    private final class Waiting implements Runnable {

        private Duration waited = Duration.ZERO;
        private Timers.Timer timer = () -> {};
        private boolean ended;

        void goOn() {
            timer = environment.timers().schedule(BETWEEN_WORDS, this);
        }

        void end() {
            ended = true;
            timer.cancel();
        }

        @Override
        public void run() {
            lock.lock();
            try {
                if (over || givenUp || ended) {
                    return;
                }
                waited = waited.plus(BETWEEN_WORDS);
                if (waited.compareTo(DEADLINE) < 0) {
                    LOG.warn("{} is still being closed after {} s: its disk is slow", name, waited.toSeconds());
                    goOn();
                } else {
                    LOG.error(
                            "{} is given up: in {} s its disk has not taken what was queued. That may be lost, the directory stays locked until this process ends, and"
                                    + " unless durability is STRICT the next start is a learner's",
                            name,
                            waited.toSeconds());
                    givenUp = true;
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
