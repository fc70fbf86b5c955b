package dev.atlas.it.cluster;

import dev.atlas.net.env.Clock;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.FatalErrors;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.Timers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/** Knows which virtual threads have not ended, since the JDK lists none. Thread-safe. */
final class CountedThreads implements Environment {

    private final Environment real;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    CountedThreads(Environment real) {
        this.real = real;
    }

    Set<Thread> running() {
        return Set.copyOf(running);
    }

    @Override
    public ThreadFactory virtualThreads(String name) {
        ThreadFactory factory = real.virtualThreads(name);
        return body -> factory.newThread(() -> {
            running.add(Thread.currentThread());
            try {
                body.run();
            } finally {
                running.remove(Thread.currentThread());
            }
        });
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
