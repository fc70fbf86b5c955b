package dev.atlas.net.env;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real environment: the JDK's virtual threads, clocks, timers and randomness. The one place that may use them.
 *
 * <p>{@link #close} waits up to {@link #CLOSE_DEADLINE} for each of its pools, and the close of a dedicated thread for that; then what has not begun is dropped. None of
 * their own tasks may call it.
 */
public final class SystemEnvironment implements Environment {

    /** How long {@link #close} waits for each pool, and that of a dedicated thread for its tasks. */
    public static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(SystemEnvironment.class);

    private final String name;
    private final AtomicInteger computeThreads = new AtomicInteger();
    private final ForkJoinPool computePool;
    private final ScheduledThreadPoolExecutor timerThread;
    private final RandomSource random = new SystemRandom();
    private final FatalErrors fatalErrors = new FatalErrors();

    private SystemEnvironment(String name, int computeParallelism) {
        this.name = name;
        this.computePool = new ForkJoinPool(
                computeParallelism,
                pool -> {
                    ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
                    thread.setName(name + "-compute-" + computeThreads.getAndIncrement());
                    return thread;
                },
                (thread, failure) -> failed("compute task", failure),
                true);
        this.timerThread = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name(name + "-timers").factory());
        this.timerThread.setRemoveOnCancelPolicy(true);
        this.timerThread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** With as many compute threads as there are processors. */
    public static SystemEnvironment create(String name) {
        return create(name, Runtime.getRuntime().availableProcessors());
    }

    /**
     * @param name prefix of every thread's name
     * @param computeParallelism threads of the compute pool, 1 or more
     */
    public static SystemEnvironment create(String name, int computeParallelism) {
        return new SystemEnvironment(name, computeParallelism);
    }

    @Override
    public Clock clock() {
        return SystemClock.INSTANCE;
    }

    @Override
    public Timers timers() {
        return this::schedule;
    }

    private Timers.Timer schedule(Duration delay, Runnable action) {
        try {
            ScheduledFuture<?> scheduled = timerThread.schedule(
                    () -> run("timer action", action), TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        } catch (RejectedExecutionException closed) {
            throw new IllegalStateException("environment " + name + " is closed", closed);
        }
    }

    @Override
    public RandomSource random() {
        return random;
    }

    @Override
    public ThreadFactory virtualThreads(String threadName) {
        return Thread.ofVirtual().name(name + "-" + threadName).factory();
    }

    @Override
    public Executor computePool() {
        return computePool;
    }

    @Override
    public int computeParallelism() {
        return computePool.getParallelism();
    }

    @Override
    public DedicatedThread dedicatedThread(String threadName) {
        ExecutorService service = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(name + "-" + threadName).factory());
        return new SystemDedicatedThread(this, service);
    }

    @Override
    public FatalErrors fatalErrors() {
        return fatalErrors;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        Timers.Timer timer = timers().schedule(duration, over::countDown);
        try {
            over.await();
        } finally {
            timer.cancel();
        }
    }

    @Override
    public void close() {
        timerThread.shutdownNow();
        stop(timerThread);
        stop(computePool);
    }

    /** A failing action must neither silence those behind it nor go unseen. */
    private void run(String kind, Runnable action) {
        try {
            action.run();
        } catch (Throwable failure) {
            failed(kind, failure);
        }
    }

    private void failed(String kind, Throwable failure) {
        fatalErrors.report(failure);
        LOG.error("a {} of {} failed", kind, name, failure);
    }

    /** An interrupt must not drop tasks that were accepted: it is kept for the caller. */
    private static void stop(ExecutorService service) {
        service.shutdown();
        long deadline = System.nanoTime() + CLOSE_DEADLINE.toNanos();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended && deadline - System.nanoTime() > 0) {
            try {
                ended = service.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException kept) {
                interrupted = true;
            }
        }
        if (!ended) {
            LOG.warn("tasks still run {} after close: {}", CLOSE_DEADLINE, service);
            service.shutdownNow();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private enum SystemClock implements Clock {
        INSTANCE;

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public long wallMillis() {
            return System.currentTimeMillis();
        }
    }

    private static final class SystemRandom implements RandomSource {

        private final SecureRandom secure = new SecureRandom();

        @Override
        public long nextLong() {
            return secure.nextLong();
        }

        @Override
        public long nextLong(long bound) {
            return secure.nextLong(bound);
        }

        @Override
        public void nextBytes(byte[] target) {
            secure.nextBytes(target);
        }
    }

    private record SystemDedicatedThread(SystemEnvironment environment, ExecutorService service)
            implements DedicatedThread {

        @Override
        public void execute(Runnable task) {
            // A failure that reached the executor would end its thread, and another would take its place.
            service.execute(() -> environment.run("task on a dedicated thread", task));
        }

        @Override
        public void close() {
            stop(service);
        }
    }
}
