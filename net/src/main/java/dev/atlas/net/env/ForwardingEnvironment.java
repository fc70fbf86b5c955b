package dev.atlas.net.env;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/** Another environment, for those who want one thing of it to be different: to count threads, or to move the clock in a test. */
public abstract class ForwardingEnvironment implements Environment {

    protected final Environment real;

    protected ForwardingEnvironment(Environment real) {
        this.real = real;
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
