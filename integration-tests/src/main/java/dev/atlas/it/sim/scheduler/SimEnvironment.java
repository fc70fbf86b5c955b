package dev.atlas.it.sim.scheduler;

import dev.atlas.net.env.Clock;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.FatalErrors;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The environment of one simulated process: its threads, virtual clock, timers and seeded randomness.
 *
 * <p>What production runs on platform threads (the compute pool, dedicated threads, timers) runs on simulated threads too, with the same bounds and the
 * same order.
 */
public final class SimEnvironment implements Environment {

    /** 2026-01-01: where virtual wall clocks begin. */
    private static final long WALL_ORIGIN_MILLIS = 1_767_225_600_000L;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Scheduler scheduler;
    private final SimProcess process;
    private final int computeThreads;
    private final Randomness random;
    private final FatalErrors fatalErrors = new FatalErrors();
    private final TaskQueue compute;
    private final TaskQueue timerActions;
    private final long nanoOrigin;
    private final Clock clock = new Clock() {
        @Override
        public long nanoTime() {
            return nanoOrigin + scheduler.nowNanos();
        }

        @Override
        public long wallMillis() {
            return WALL_ORIGIN_MILLIS + scheduler.nowNanos() / NANOS_PER_MILLI + wallSkewMillis;
        }
    };

    private long wallSkewMillis;
    private boolean closed;

    SimEnvironment(Scheduler scheduler, SimProcess process, int computeThreads, Randomness random) {
        this.scheduler = scheduler;
        this.process = process;
        this.computeThreads = computeThreads;
        this.random = random;
        // Anywhere: whoever compares the monotonic clocks of two processes is found out.
        this.nanoOrigin = random.nextLong() >> 1;
        this.compute = new TaskQueue(process, "compute", computeThreads);
        this.timerActions = new TaskQueue(process, "timers", 1);
    }

    /** Sets the wall clock forward or back. */
    public void jump(Duration by) {
        wallSkewMillis += by.toMillis();
    }

    /** Sets the wall clock to the time of the simulation. */
    public void setClock() {
        wallSkewMillis = 0;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public Timers timers() {
        return this::schedule;
    }

    private Timers.Timer schedule(Duration delay, Runnable action) {
        if (closed) {
            throw new IllegalStateException("environment " + process.name() + " is closed");
        }
        Pending pending = new Pending(action);
        pending.timer = scheduler.after(delay, pending);
        return pending;
    }

    /** A timer of this process: first the scheduler runs it, which lets the timers' thread run it. */
    private final class Pending implements Timers.Timer, Runnable {
        private final Runnable action;
        private Scheduler.@Nullable Cancellable timer;
        private boolean due;
        private boolean cancelled;

        Pending(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            if (due) {
                if (!cancelled) {
                    action.run();
                }
            } else if (process.isAlive() && !closed) {
                due = true;
                timerActions.add(this);
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            if (timer != null) {
                timer.cancel();
            }
        }
    }

    @Override
    public RandomSource random() {
        return new RandomSource() {
            @Override
            public long nextLong() {
                return random.nextLong();
            }

            @Override
            public long nextLong(long bound) {
                return random.below(bound);
            }

            @Override
            public void nextBytes(byte[] target) {
                for (int index = 0; index < target.length; index++) {
                    target[index] = (byte) random.nextLong();
                }
            }
        };
    }

    @Override
    public ThreadFactory virtualThreads(String name) {
        return task -> process.thread(name, task);
    }

    @Override
    public Executor computePool() {
        return compute::add;
    }

    @Override
    public int computeParallelism() {
        return computeThreads;
    }

    @Override
    public DedicatedThread dedicatedThread(String name) {
        TaskQueue queue = new TaskQueue(process, name, 1);
        return new DedicatedThread() {
            @Override
            public void execute(Runnable task) {
                queue.add(task);
            }

            @Override
            public void close() {
                queue.close();
            }
        };
    }

    @Override
    public FatalErrors fatalErrors() {
        return fatalErrors;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        SimCondition over = new SimCondition();
        boolean[] passed = {false};
        Timers.Timer timer = schedule(duration, () -> {
            passed[0] = true;
            over.signalAll();
        });
        try {
            while (!passed[0]) {
                over.await();
            }
        } finally {
            timer.cancel();
        }
    }

    @Override
    public void close() {
        closed = true;
        timerActions.close();
        compute.close();
    }
}
