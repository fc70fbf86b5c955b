package dev.atlas.it.sim.scheduler;

import java.util.ArrayDeque;

/** Tasks in order of arrival, for a few threads that start when there is something to do. */
final class TaskQueue {

    private final SimProcess process;
    private final String name;
    private final int threads;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final SimCondition changed = new SimCondition();
    private int started;
    private int idle;
    private int ended;
    private boolean closed;

    TaskQueue(SimProcess process, String name, int threads) {
        this.process = process;
        this.name = name;
        this.threads = threads;
    }

    void add(Runnable task) {
        if (closed) {
            throw new java.util.concurrent.RejectedExecutionException(name + " of " + process.name() + " is closed");
        }
        tasks.add(task);
        if (idle == 0 && started < threads) {
            process.thread(name + "-" + started++, this::work).start();
        } else {
            changed.signalAll();
        }
    }

    private void work() {
        while (true) {
            Runnable next = tasks.poll();
            if (next != null) {
                next.run();
            } else if (closed) {
                ended++;
                changed.signalAll();
                return;
            } else {
                idle++;
                changed.awaitUninterruptibly();
                idle--;
            }
        }
    }

    /** Runs what was accepted and waits for the threads, unless one of them asks. */
    void close() {
        closed = true;
        changed.signalAll();
        int own = Thread.currentThread().getName().startsWith(process.name() + "-" + name + "-") ? 1 : 0;
        while (ended < started - own) {
            changed.awaitUninterruptibly();
        }
    }
}
