package dev.atlas.net.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.env.Clock;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.FatalErrors;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** Another environment with timers that fire when the test says so. */
final class ManualTimers implements Environment {

    private static final int DEADLINE_SECONDS = 20;

    private final Environment real;
    private final BlockingQueue<Runnable> actions = new LinkedBlockingQueue<>();
    private final Semaphore scheduled = new Semaphore(0);

    ManualTimers(Environment real) {
        this.real = real;
    }

    /** Cancelling is too late for these: they fire all the same. */
    @Override
    public Timers timers() {
        return (delay, action) -> {
            actions.add(action);
            scheduled.release();
            return () -> {};
        };
    }

    void awaitScheduled(int count) throws InterruptedException {
        assertThat(scheduled.tryAcquire(count, DEADLINE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
    }

    void fireFirst() {
        actions.remove().run();
    }

    @Override
    public Clock clock() {
        return real.clock();
    }

    @Override
    public RandomSource random() {
        return real.random();
    }

    @Override
    public ThreadFactory virtualThreads(String name) {
        return real.virtualThreads(name);
    }

    @Override
    public Executor computePool() {
        return real.computePool();
    }

    @Override
    public int computeParallelism() {
        return real.computeParallelism();
    }

    @Override
    public DedicatedThread dedicatedThread(String name) {
        return real.dedicatedThread(name);
    }

    @Override
    public FatalErrors fatalErrors() {
        return real.fatalErrors();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        real.sleep(duration);
    }

    @Override
    public void close() {
        real.close();
    }
}
