package dev.atlas.exec.speculative;

import dev.atlas.net.env.Clock;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.FatalErrors;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.Timers;
import java.lang.reflect.Constructor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Pools and dedicated threads made of virtual ones on the caller's thread: wherever one yields or waits, the seed says which goes on.
 */
public final class SeededEnvironment implements Environment {

    private final Random random;
    private final FatalErrors fatalErrors = new FatalErrors();
    private final List<Runnable> runnable = new ArrayList<>();
    private final Thread.Builder.OfVirtual threads = builder(this::enqueue);

    public SeededEnvironment(long seed) {
        random = new Random(seed);
    }

    private static Thread.Builder.OfVirtual builder(Executor scheduler) {
        try {
            Constructor<?> constructor = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            return (Thread.Builder.OfVirtual) constructor.newInstance(scheduler);
        } catch (ReflectiveOperationException noSuchJdk) {
            throw new IllegalStateException(noSuchJdk);
        }
    }

    private void enqueue(Runnable continuation) {
        runnable.add(continuation);
    }

    /** Runs the body, and all that it starts, to the end. */
    public void run(Runnable body) {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread main = threads.unstarted(() -> {
            try {
                body.run();
            } catch (Throwable thrown) {
                failure.set(thrown);
            }
        });
        main.start();
        while (!runnable.isEmpty()) {
            int chosen = random.nextInt(runnable.size());
            Runnable next = runnable.set(chosen, runnable.getLast());
            runnable.removeLast();
            next.run();
        }
        if (main.isAlive()) {
            throw new AssertionError("stuck: nothing can run and the block is not done");
        }
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError(thrown);
        }
    }

    /** Whether to let others run at a point where they may. */
    boolean toss() {
        return random.nextInt(4) == 0;
    }

    /** Lets others run, perhaps. */
    public void pause() {
        if (toss()) {
            Thread.yield();
        }
    }

    @Override
    public Executor computePool() {
        return task -> threads.start(task);
    }

    @Override
    public int computeParallelism() {
        return 4;
    }

    @Override
    public Clock clock() {
        return new Clock() {
            @Override
            public long nanoTime() {
                return 0;
            }

            @Override
            public long wallMillis() {
                return 0;
            }
        };
    }

    @Override
    public Timers timers() {
        throw new UnsupportedOperationException();
    }

    @Override
    public RandomSource random() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ThreadFactory virtualThreads(String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public DedicatedThread dedicatedThread(String name) {
        LinkedBlockingQueue<Optional<Runnable>> queue = new LinkedBlockingQueue<>();
        Thread thread = threads.start(() -> runAll(queue));
        return new DedicatedThread() {
            @Override
            public void execute(Runnable task) {
                queue.add(Optional.of(task));
            }

            @Override
            public void close() {
                queue.add(Optional.empty());
                uninterrupted(thread::join);
            }
        };
    }

    private static void runAll(LinkedBlockingQueue<Optional<Runnable>> queue) {
        uninterrupted(() -> {
            for (Optional<Runnable> task = queue.take(); task.isPresent(); task = queue.take()) {
                task.get().run();
            }
        });
    }

    private interface Waiting {
        void go() throws InterruptedException;
    }

    private static void uninterrupted(Waiting waiting) {
        try {
            waiting.go();
        } catch (InterruptedException nobodyDoes) {
            throw new AssertionError(nobodyDoes);
        }
    }

    @Override
    public FatalErrors fatalErrors() {
        return fatalErrors;
    }

    @Override
    public void sleep(Duration duration) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
