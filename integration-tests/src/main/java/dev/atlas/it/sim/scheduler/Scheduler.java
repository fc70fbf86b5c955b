package dev.atlas.it.sim.scheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs all threads of a simulation on the thread that made it, one at a time, the next one picked by the seed. Time stands still while anybody
 * can run and then jumps to the next timer.
 *
 * <p>A run is repeatable as long as nothing outside wakes its threads; a wake-up from elsewhere (a timed wait of the JDK, a thread that was
 * started behind the simulation's back) is a {@link SimulationFailure}.
 */
public final class Scheduler {

    /** Steps at one instant of virtual time, above which somebody must be spinning. */
    private static final int MOST_STEPS_PER_INSTANT = 3_000_000;

    /** How often time passes between two looks for threads that wait by another clock. */
    private static final int ADVANCES_PER_LOOK = 4_096;

    /** The JDK's thread that goes on with virtual threads which met a monitor that another thread held. */
    private static final String UNBLOCKER = "VirtualThread-unblocker";

    /** Which scheduler carries a thread: set by each of its threads when it starts. */
    private static final ThreadLocal<@Nullable Scheduler> CARRIER = new ThreadLocal<>();

    private final Thread driver = Thread.currentThread();
    private final Randomness random;
    private final List<Runnable> runnable = new ArrayList<>();
    private final List<SimProcess> owners = new ArrayList<>();
    private final TimerHeap timers = new TimerHeap();
    private final List<SimProcess> processes = new ArrayList<>();
    /** Written from anywhere: the one thing that a stranger may touch. */
    private final AtomicReference<@Nullable SimulationFailure> failure = new AtomicReference<>();

    /** Threads that another simulation has let go on; written from anywhere. */
    private final Queue<Woken> fromElsewhere = new ConcurrentLinkedQueue<>();

    private final AtomicInteger interferences = new AtomicInteger();

    private record Woken(SimProcess process, Runnable continuation) {}

    private long nowNanos;
    private long timersMade;
    private long steps;
    private int stepsThisInstant;
    private int advances;
    private long trace = 1;

    /** Owned by the thread that calls this. */
    public Scheduler(Randomness random) {
        this.random = random;
    }

    /** Virtual nanoseconds since the start. */
    public long nowNanos() {
        return nowNanos;
    }

    /** Whether another simulation in this JVM has got in the way, so that this run does not repeat itself. */
    public boolean isInterfered() {
        return interferences.get() > 0;
    }

    public long steps() {
        return steps;
    }

    /** A hash over every choice made so far: equal for equal runs. */
    public long trace() {
        return trace;
    }

    /** A new process; {@code random} is what it sees as randomness. */
    public SimProcess process(String name, int computeThreads) {
        SimProcess process = new SimProcess(
                this, name, processes.size(), computeThreads, random.split("process " + name + processes.size()));
        processes.add(process);
        return process;
    }

    /** Calls back on the scheduler's own thread, between two steps; the action must not block. */
    public Cancellable after(long delayNanos, Runnable action) {
        SimTimer timer = new SimTimer(nowNanos + Math.max(0, delayNanos), timersMade++, action);
        timers.add(timer);
        return timer;
    }

    public Cancellable after(Duration delay, Runnable action) {
        return after(delay.toNanos(), action);
    }

    /** Ends the run: the first failure counts. Callable from any thread. */
    public void fail(SimulationFailure reason) {
        failure.compareAndSet(null, reason);
    }

    /**
     * Runs until a condition holds or time is up.
     *
     * @return whether the condition holds
     * @throws SimulationFailure the first that was reported
     */
    public boolean run(Duration atMost, BooleanSupplier until) {
        if (!Thread.currentThread().equals(driver)) {
            throw new IllegalStateException("a simulation is driven by the thread that made it, " + driver);
        }
        long end = nowNanos + atMost.toNanos();
        while (true) {
            check();
            for (Woken woken = fromElsewhere.poll(); woken != null; woken = fromElsewhere.poll()) {
                runnable.add(woken.continuation);
                owners.add(woken.process);
            }
            if (until.getAsBoolean()) {
                return true;
            }
            if (!runnable.isEmpty()) {
                step();
            } else if (!advance(end)) {
                nowNanos = end;
                check();
                return until.getAsBoolean();
            }
        }
    }

    public void run(Duration duration) {
        run(duration, () -> false);
    }

    private void check() {
        SimulationFailure reported = failure.get();
        if (reported != null) {
            throw reported;
        }
    }

    private void step() {
        int index = runnable.size() == 1 ? 0 : random.below(runnable.size());
        int last = runnable.size() - 1;
        Runnable next = runnable.set(index, runnable.get(last));
        SimProcess owner = owners.set(index, owners.get(last));
        runnable.remove(last);
        owners.remove(last);
        if (!owner.isAlive()) {
            return;
        }
        if (owner.isPaused()) {
            owner.hold(next);
            return;
        }
        steps++;
        trace = Randomness.mix(trace ^ ((long) owner.number() << 32 | (long) index << 16 | last));
        if (++stepsThisInstant > MOST_STEPS_PER_INSTANT) {
            throw new SimulationFailure(
                    "somebody spins: " + stepsThisInstant + " steps without time passing\n" + dump());
        }
        next.run();
    }

    /** Lets time pass to the next timer, unless that lies beyond the end. */
    private boolean advance(long end) {
        SimTimer next = timers.peek();
        while (next != null && next.isCancelled()) {
            timers.removeFirst();
            next = timers.peek();
        }
        if (next == null || next.nanos() > end) {
            return false;
        }
        if (++advances % ADVANCES_PER_LOOK == 0) {
            checkWaits();
        }
        timers.removeFirst();
        if (next.nanos() > nowNanos) {
            nowNanos = next.nanos();
            stepsThisInstant = 0;
        }
        trace = Randomness.mix(trace ^ next.nanos() ^ next.order() << 1);
        next.run();
        return true;
    }

    /**
     * Looks for threads that wait for real time to pass. Here nothing may ever come of it, since a run is over long before.
     *
     * @throws SimulationFailure if there is one
     */
    public void checkWaits() {
        for (SimProcess process : processes) {
            process.waitingByRealTime().ifPresent(thread -> {
                StringBuilder text = new StringBuilder(thread + " waits by the clock of the JDK\n");
                process.dump(text);
                throw new SimulationFailure(text.toString());
            });
        }
    }

    /** Takes the continuation of a thread that may go on. */
    void enqueue(SimProcess process, Runnable continuation) {
        Thread caller = Thread.currentThread();
        if (!caller.equals(driver) && !this.equals(CARRIER.get())) {
            if (caller.getName().equals(UNBLOCKER) || CARRIER.get() != null) {
                // Both met a lock of the JDK that all simulations in this JVM share. No rule is broken, but the run
                // will not repeat itself.
                interferences.incrementAndGet();
                fromElsewhere.add(new Woken(process, continuation));
                return;
            }
            fail(new SimulationFailure(
                    "a thread of " + process.name() + " was woken by a thread outside the simulation: " + caller
                            + " (a timed wait of the JDK, or a thread that the environment did not make)",
                    new Throwable("woken here")));
            return;
        }
        runnable.add(continuation);
        owners.add(process);
    }

    void mark() {
        CARRIER.set(this);
    }

    /** Every thread that lives, with its stack. */
    public String dump() {
        StringBuilder text = new StringBuilder("at " + Duration.ofNanos(nowNanos) + "\n");
        processes.stream().filter(SimProcess::isAlive).forEach(process -> process.dump(text));
        return text.toString();
    }

    /** Something that need not happen any more. */
    @FunctionalInterface
    public interface Cancellable {
        void cancel();
    }
}
