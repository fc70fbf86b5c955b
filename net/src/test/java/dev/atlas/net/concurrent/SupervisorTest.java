package dev.atlas.net.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.env.SystemEnvironment;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class SupervisorTest {

    private static final Backoff.Policy DELAYS = new Backoff.Policy(Duration.ofMillis(100), Duration.ofMillis(400));
    private static final Duration LONG = Duration.ofHours(1);

    private final SystemEnvironment environment = SystemEnvironment.create("supervisor-test", 1);
    private final InstantSleepEnvironment withoutDelay = new InstantSleepEnvironment(environment);
    private final Supervisor supervisor = new Supervisor(withoutDelay, "service", Duration.ofSeconds(5));

    @AfterEach
    void close() {
        supervisor.close();
        environment.close();
    }

    private static void waitForEver() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aFailingTaskEndsAlone() throws InterruptedException {
        CountDownLatch failing = new CountDownLatch(2);
        AtomicBoolean interrupted = new AtomicBoolean();
        CountDownLatch mayEnd = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        supervisor.start("steady", () -> {
            try {
                mayEnd.await();
            } catch (InterruptedException wrong) {
                interrupted.set(true);
            }
            ended.countDown();
        });
        supervisor.start("failing", () -> {
            failing.countDown();
            throw new IOException("expected by the test");
        });
        supervisor.start("failing", () -> {
            failing.countDown();
            throw new AssertionError("expected by the test");
        });
        await(failing);
        mayEnd.countDown();
        await(ended);
        assertThat(interrupted).isFalse();
    }

    @Test
    void anErrorOfTheVirtualMachineIsReportedWhateverTheTask() throws InterruptedException {
        OutOfMemoryError error = new OutOfMemoryError("expected by the test");
        AtomicReference<VirtualMachineError> heard = new AtomicReference<>();
        CountDownLatch told = new CountDownLatch(1);
        environment.fatalErrors().listen(reported -> {
            heard.set(reported);
            told.countDown();
        });
        CountDownLatch ordinary = new CountDownLatch(2);
        supervisor.start("failing", () -> {
            ordinary.countDown();
            throw new AssertionError("expected by the test");
        });
        supervisor.keepRunning("failing", DELAYS, () -> {
            ordinary.countDown();
            throw new IllegalStateException("expected by the test");
        });
        await(ordinary);
        assertThat(heard.get()).isNull();
        supervisor.start("failing", () -> {
            throw new IllegalStateException("expected by the test", error);
        });
        await(told);
        assertThat(heard.get()).isSameAs(error);
    }

    @Test
    void aTaskThatIsRestartedReportsItAsWell() throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        environment.fatalErrors().listen(reported -> told.countDown());
        supervisor.keepRunning("failing", DELAYS, () -> {
            throw new OutOfMemoryError("expected by the test");
        });
        await(told);
    }

    @Test
    void aTaskMayStartOthersThatOutliveIt() throws InterruptedException {
        CountDownLatch accepted = new CountDownLatch(1);
        CountDownLatch mayServe = new CountDownLatch(1);
        CountDownLatch served = new CountDownLatch(1);
        AtomicReference<Thread> accepting = new AtomicReference<>();
        supervisor.start("accept", () -> {
            accepting.set(Thread.currentThread());
            supervisor.start("connection", () -> {
                mayServe.await();
                served.countDown();
            });
            accepted.countDown();
        });
        await(accepted);
        assertThat(accepting.get().join(Duration.ofSeconds(10))).isTrue();
        mayServe.countDown();
        await(served);
    }

    @Test
    void whatMustNotEndIsStartedAgainHoweverItEnds() throws InterruptedException {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch survived = new CountDownLatch(1);
        supervisor.keepRunning("service", DELAYS, () -> {
            switch (runs.incrementAndGet()) {
                case 1 -> throw new IOException("expected by the test");
                case 2 -> throw new AssertionError("expected by the test");
                case 3 -> throw new InterruptedException("an interrupt that close did not send");
                case 4 -> Thread.currentThread().interrupt();
                default -> {
                    survived.countDown();
                    waitForEver();
                }
            }
        });
        await(survived);
        assertThat(runs).hasValue(5);
        assertThat(withoutDelay.slept())
                .as("delays that no leftover interrupt cut short")
                .hasSize(4);
    }

    @Test
    void delaysGrowUntilARunSucceeds() throws InterruptedException {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1);
        supervisor.keepRunning("service", DELAYS, () -> {
            int run = runs.incrementAndGet();
            if (run == 6) {
                done.countDown();
                waitForEver();
            }
            if (run != 5) {
                throw new IOException("expected by the test");
            }
        });
        await(done);
        List<Duration> slept = withoutDelay.slept();
        assertThat(slept).hasSize(5);
        List<Integer> steps = List.of(100, 200, 400, 400, 100);
        for (int index = 0; index < steps.size(); index++) {
            int step = steps.get(index);
            assertThat(slept.get(index)).isBetween(Duration.ofMillis(step / 2), Duration.ofMillis(step));
        }
    }

    @Test
    void closeInterruptsAllAndWaitsForTheLast() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(2);
        AtomicInteger ended = new AtomicInteger();
        Supervisor.Task task = () -> {
            started.countDown();
            try {
                waitForEver();
            } finally {
                ended.incrementAndGet();
            }
        };
        supervisor.start("first", task);
        supervisor.keepRunning("second", DELAYS, task);
        await(started);
        supervisor.close();
        assertThat(ended).hasValue(2);
        assertThat(supervisor.isClosed()).isTrue();
    }

    @Test
    void closeEndsWhatWaitsForItsNextRun() throws InterruptedException {
        CountDownLatch failed = new CountDownLatch(1);
        Supervisor delayed = new Supervisor(environment, "delayed", Duration.ofSeconds(10));
        delayed.keepRunning("service", new Backoff.Policy(LONG, LONG), () -> {
            failed.countDown();
            throw new IOException("expected by the test");
        });
        await(failed);
        assertThat(delayed.stop()).isEmpty();
    }

    @Test
    void nothingStartsAfterClose() {
        AtomicBoolean ran = new AtomicBoolean();
        supervisor.close();
        assertThat(supervisor.start("late", () -> ran.set(true))).isFalse();
        assertThat(supervisor.keepRunning("late", DELAYS, () -> ran.set(true))).isFalse();
        assertThat(ran).isFalse();
    }

    @Test
    void stopNamesWhoDidNotEndByTheDeadline() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(2);
        CountDownLatch mayEnd = new CountDownLatch(1);
        // Long enough for the one that obeys.
        Supervisor impatient = new Supervisor(environment, "impatient", Duration.ofSeconds(2));
        impatient.start("obedient", () -> {
            started.countDown();
            waitForEver();
        });
        impatient.start("stubborn", () -> {
            started.countDown();
            while (mayEnd.getCount() > 0) {
                try {
                    mayEnd.await();
                } catch (InterruptedException ignoredByDesign) {
                    assertThat(impatient.isClosed()).isTrue();
                }
            }
        });
        await(started);
        assertThat(impatient.stop()).containsExactly("supervisor-test-impatient-stubborn");
        mayEnd.countDown();
        assertThat(new Supervisor(environment, "another", LONG).stop()).isEmpty();
    }

    @Test
    void aTaskMayCloseItsOwnSupervisor() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean otherEnded = new AtomicBoolean();
        AtomicReference<Object> seen = new AtomicReference<>("close did not return");
        CountDownLatch closed = new CountDownLatch(1);
        supervisor.start("other", () -> {
            started.countDown();
            try {
                waitForEver();
            } finally {
                otherEnded.set(true);
            }
        });
        supervisor.start("closing", () -> {
            started.await();
            seen.set(supervisor.stop());
            closed.countDown();
        });
        await(closed);
        assertThat(seen.get()).isEqualTo(List.of());
        assertThat(otherEnded).isTrue();
    }

    @Test
    void closeMayBeRepeatedAlsoAfterTheEnvironmentsEnd() {
        supervisor.start("task", SupervisorTest::waitForEver);
        supervisor.close();
        environment.close();
        supervisor.close();
        assertThat(supervisor.stop()).isEmpty();
    }

    /** A thread may be interrupted between its registration and its first step. */
    @Test
    void noTaskMissesAClose() throws InterruptedException {
        for (int round = 0; round < 200; round++) {
            Supervisor brief = new Supervisor(environment, "brief", Duration.ofSeconds(20));
            CountDownLatch starting = new CountDownLatch(1);
            Thread starter = Thread.ofVirtual().start(() -> {
                starting.countDown();
                while (brief.start("task", SupervisorTest::waitForEver)) {
                    Thread.yield();
                }
            });
            starting.await();
            assertThat(brief.stop()).isEmpty();
            starter.join();
        }
    }
}
