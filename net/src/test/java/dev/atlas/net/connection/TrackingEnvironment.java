package dev.atlas.net.connection;

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

/** Remembers every virtual thread that it made, since the JDK lists none. */
record TrackingEnvironment(Environment real, List<Thread> threads) implements Environment {

    TrackingEnvironment(Environment real) {
        this(real, new CopyOnWriteArrayList<>());
    }

    List<String> alive() {
        return threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
    }

    @Override
    public ThreadFactory virtualThreads(String name) {
        ThreadFactory factory = real.virtualThreads(name);
        return body -> {
            Thread thread = factory.newThread(body);
            threads.add(thread);
            return thread;
        };
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
