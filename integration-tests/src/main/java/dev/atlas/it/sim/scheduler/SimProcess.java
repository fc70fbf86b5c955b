package dev.atlas.it.sim.scheduler;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One life of one node: threads that stop all at once when it is killed. A restarted node is a new process.
 */
public final class SimProcess implements Executor {

    private final Scheduler scheduler;
    private final String name;
    private final int number;
    private final SimEnvironment environment;
    private final Set<Thread> threads = new LinkedHashSet<>();
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private final List<Runnable> onKill = new ArrayList<>();
    private boolean alive = true;
    private boolean paused;

    SimProcess(Scheduler scheduler, String name, int number, int computeThreads, Randomness random) {
        this.scheduler = scheduler;
        this.name = name;
        this.number = number;
        this.environment = new SimEnvironment(scheduler, this, computeThreads, random);
    }

    public String name() {
        return name;
    }

    int number() {
        return number;
    }

    public SimEnvironment environment() {
        return environment;
    }

    public boolean isAlive() {
        return alive;
    }

    /** Stops every thread where it stands, as {@code kill -9} does: nothing of it runs any more, no finally block either. */
    public void kill() {
        alive = false;
        held.clear();
        threads.clear();
        onKill.forEach(Runnable::run);
        onKill.clear();
    }

    /** What the operating system does when the process dies. */
    public void onKill(Runnable action) {
        onKill.add(action);
    }

    /** Stops all threads for a while, as a suspended machine or a long garbage collection does. */
    public void pause(Duration duration) {
        if (!paused) {
            paused = true;
            scheduler.after(duration, this::resume);
        }
    }

    private void resume() {
        paused = false;
        while (!held.isEmpty()) {
            scheduler.enqueue(this, held.remove());
        }
    }

    boolean isPaused() {
        return paused;
    }

    void hold(Runnable continuation) {
        held.add(continuation);
    }

    /** Threads that have started and not ended. */
    public List<String> threads() {
        return threads.stream().map(Thread::getName).toList();
    }

    /** A thread in a sleep or wait of the JDK that ends by itself. */
    Optional<String> waitingByRealTime() {
        for (Thread thread : threads) {
            if (thread.getState() == Thread.State.TIMED_WAITING) {
                return Optional.of(thread.getName());
            }
        }
        return Optional.empty();
    }

    /** Runs a task on a thread of this process; a failure of it is the simulation's. */
    public <T> Outcome<T> start(String taskName, Callable<T> task) {
        Outcome<T> outcome = new Outcome<>();
        thread(taskName, () -> {
                    try {
                        outcome.value = task.call();
                        outcome.done = true;
                    } catch (Exception failure) {
                        StringBuilder threads = new StringBuilder();
                        dump(threads);
                        scheduler.fail(new SimulationFailure(
                                taskName + " of " + name + " failed: " + failure + "\n" + threads, failure));
                    }
                })
                .start();
        return outcome;
    }

    /** An unstarted thread of this process. */
    Thread thread(String threadName, Runnable task) {
        return VirtualThreads.unstarted(this, name + "-" + threadName, () -> {
            scheduler.mark();
            Thread self = Thread.currentThread();
            threads.add(self);
            try {
                task.run();
            } catch (Throwable failure) {
                scheduler.fail(new SimulationFailure(self.getName() + " died of " + failure, failure));
            } finally {
                threads.remove(self);
            }
        });
    }

    /** Called by the JDK when a thread of this process may go on. */
    @Override
    public void execute(Runnable continuation) {
        if (alive) {
            scheduler.enqueue(this, continuation);
        }
    }

    void dump(StringBuilder text) {
        for (Thread thread : threads) {
            text.append(thread.getName()).append('\n');
            for (StackTraceElement frame : thread.getStackTrace()) {
                if (!frame.getClassName().startsWith("java.")) {
                    text.append("    ").append(frame).append('\n');
                }
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }

    /** What a task has returned, once it has. */
    public static final class Outcome<T> {
        private @Nullable T value;
        private boolean done;

        private Outcome() {}

        public boolean isDone() {
            return done;
        }

        public T value() {
            if (!done || value == null) {
                throw new IllegalStateException("the task has not returned a value");
            }
            return value;
        }
    }
}
