package dev.atlas.it.sim.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The simulator catches itself: what would make a run depend on anything but its seed ends it. */
@Tag("simulation")
class SchedulerTest {

    private static final Duration LONG = Duration.ofSeconds(10);

    private final Scheduler scheduler = new Scheduler(new Randomness(1));
    private final SimProcess process = scheduler.process("process", 1);

    /** Virtual time passes while real time does not. */
    private void keepTimePassing() {
        scheduler.after(Duration.ofMillis(1), this::keepTimePassing);
    }

    @Test
    void aSleepInRealTimeEndsTheRun() {
        process.start("sleeper", () -> {
            Thread.sleep(3_600_000);
            return true;
        });
        keepTimePassing();
        assertThatThrownBy(() -> scheduler.run(LONG))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("process-sleeper waits by the clock of the JDK");
    }

    @Test
    void aTimedWaitOfTheJdkEndsTheRun() {
        process.start("waiter", () -> new CountDownLatch(1).await(1, TimeUnit.HOURS));
        keepTimePassing();
        assertThatThrownBy(() -> scheduler.run(LONG))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("process-waiter waits by the clock of the JDK");
    }

    @Test
    void aTimedWaitIsFoundAtTheEndAtTheLatest() {
        process.start("waiter", () -> new CountDownLatch(1).await(1, TimeUnit.HOURS));
        scheduler.run(Duration.ofMillis(1));
        assertThatThrownBy(scheduler::checkWaits).isInstanceOf(SimulationFailure.class);
    }

    @Test
    void aSleepInVirtualTimeIsNoneOfThat() {
        SimProcess.Outcome<Boolean> slept = process.start("sleeper", () -> {
            process.environment().sleep(Duration.ofHours(1));
            return true;
        });
        keepTimePassing();
        assertThat(scheduler.run(Duration.ofHours(2), slept::isDone)).isTrue();
        scheduler.checkWaits();
    }

    @Test
    void aThreadThatTheEnvironmentDidNotMakeEndsTheRunWhenItWakesAnother() {
        Thread[] waiting = new Thread[1];
        process.start("waiter", () -> {
            waiting[0] = Thread.currentThread();
            LockSupport.park();
            return true;
        });
        scheduler.run(Duration.ofMillis(1));
        process.start("starter", () -> {
            Thread stranger = Thread.ofPlatform().start(() -> LockSupport.unpark(waiting[0]));
            while (stranger.isAlive()) {
                Thread.onSpinWait();
            }
            return true;
        });
        assertThatThrownBy(() -> scheduler.run(LONG))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("was woken by a thread outside the simulation");
    }

    @Test
    void aVirtualThreadThatTheEnvironmentDidNotMakeEndsTheRunToo() {
        Thread[] waiting = new Thread[1];
        process.start("waiter", () -> {
            waiting[0] = Thread.currentThread();
            LockSupport.park();
            return true;
        });
        scheduler.run(Duration.ofMillis(1));
        process.start("starter", () -> {
            Thread.startVirtualThread(() -> LockSupport.unpark(waiting[0]));
            return true;
        });
        assertThatThrownBy(() -> scheduler.run(LONG))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("was woken by a thread outside the simulation");
    }

    @Test
    void whoSpinsWithoutTimePassingEndsTheRun() {
        process.start("spinner", () -> {
            while (true) {
                Thread.yield();
            }
        });
        assertThatThrownBy(() -> scheduler.run(LONG))
                .isInstanceOf(SimulationFailure.class)
                .hasMessageContaining("somebody spins");
    }

    @Test
    void theSameSeedTakesTheSameStepsAndAnotherDoesNot() {
        assertThat(trace(7, new Random(1))).isEqualTo(trace(7, new Random(1)));
        assertThat(trace(7, new Random(1))).isNotEqualTo(trace(8, new Random(1)));
    }

    /** Which is how chance from elsewhere is found: one seed of a hundred runs twice. */
    @Test
    void chanceFromElsewhereLeavesAnotherTrace() {
        assertThat(trace(7, new Random(1))).isNotEqualTo(trace(7, new Random(2)));
    }

    /** Threads that wait for as long as {@code chance} says. */
    private static long trace(long seed, Random chance) {
        Scheduler scheduler = new Scheduler(new Randomness(seed));
        SimProcess process = scheduler.process("process", 1);
        for (int thread = 0; thread < 5; thread++) {
            process.start("thread", () -> {
                for (int sleep = 0; sleep < 10; sleep++) {
                    process.environment().sleep(Duration.ofMillis(1 + chance.nextInt(10)));
                }
                return true;
            });
        }
        scheduler.run(LONG);
        return scheduler.trace();
    }
}
