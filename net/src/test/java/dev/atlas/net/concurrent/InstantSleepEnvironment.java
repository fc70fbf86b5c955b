package dev.atlas.net.concurrent;

import dev.atlas.net.env.Clock;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.FatalErrors;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/** Its sleeps take no time; those that no interrupt cut short are recorded. */
record InstantSleepEnvironment(Environment real, List<Duration> slept) implements Environment {

    InstantSleepEnvironment(Environment real) {
        this(real, new CopyOnWriteArrayList<>());
    }

    @Override
    public FatalErrors fatalErrors() {
        return real.fatalErrors();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        slept.add(duration);
    }

    @Override
    public Clock clock() {
        return real.clock();
    }

    @Override
    public Timers timers() {
        return real.timers();
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
    public void close() {
        real.close();
    }
}
