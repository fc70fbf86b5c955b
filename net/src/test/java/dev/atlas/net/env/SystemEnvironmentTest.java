package dev.atlas.net.env;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class SystemEnvironmentTest {

    private static final String NAME = "environment-test";

    private final SystemEnvironment environment = SystemEnvironment.create(NAME, 2);

    @AfterEach
    void closeAndLeaveNoThread() throws InterruptedException {
        environment.close();
        for (Thread thread : threads()) {
            assertThat(thread.join(Duration.ofSeconds(10))).as(thread.getName()).isTrue();
        }
        assertThat(threads()).isEmpty();
    }

    private static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(NAME))
                .toList();
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private static Thread waitInBackground(Runnable action) throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(action);
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(thread.isAlive()).isTrue();
            Thread.onSpinWait();
        }
        return thread;
    }

    @Test
    void aTimerFiresOnceItsDelayIsOver() throws InterruptedException {
        long begun = environment.clock().nanoTime();
        CountDownLatch fired = new CountDownLatch(1);
        environment.timers().schedule(Duration.ofMillis(15), fired::countDown);
        await(fired);
        assertThat(environment.clock().nanoTime() - begun)
                .isGreaterThanOrEqualTo(Duration.ofMillis(15).toNanos());
    }

    @Test
    void timersFireInOrderOfTheirTime() throws InterruptedException {
        List<Integer> order = new CopyOnWriteArrayList<>();
        CountDownLatch fired = new CountDownLatch(3);
        CountDownLatch allSet = holdTimers();
        for (int delay : List.of(60, 1, 30)) {
            environment.timers().schedule(Duration.ofMillis(delay), () -> {
                order.add(delay);
                fired.countDown();
            });
        }
        allSet.countDown();
        await(fired);
        assertThat(order).containsExactly(1, 30, 60);
    }

    /** Keeps the timers' thread busy, so that none fires before the test lets it. */
    private CountDownLatch holdTimers() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        environment.timers().schedule(Duration.ZERO, () -> {
            held.countDown();
            try {
                release.await();
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
        });
        await(held);
        return release;
    }

    @Test
    void aCancelledTimerDoesNotFire() throws InterruptedException {
        AtomicBoolean wrong = new AtomicBoolean();
        CountDownLatch later = new CountDownLatch(1);
        CountDownLatch isCancelled = holdTimers();
        Timers.Timer cancelled = environment.timers().schedule(Duration.ofMillis(20), () -> wrong.set(true));
        environment.timers().schedule(Duration.ofMillis(40), later::countDown);
        cancelled.cancel();
        isCancelled.countDown();
        await(later);
        assertThat(wrong).isFalse();
    }

    @Test
    void cancellingLateOrTwiceIsHarmless() throws InterruptedException {
        CountDownLatch fired = new CountDownLatch(1);
        Timers.Timer timer = environment.timers().schedule(Duration.ZERO, fired::countDown);
        await(fired);
        timer.cancel();
        timer.cancel();
    }

    @Test
    void aFailingTimerDoesNotSilenceTheNext() throws InterruptedException {
        CountDownLatch next = new CountDownLatch(1);
        environment.timers().schedule(Duration.ZERO, () -> {
            throw new IllegalStateException("expected by the test");
        });
        environment.timers().schedule(Duration.ofMillis(1), () -> {
            throw new AssertionError("expected by the test");
        });
        environment.timers().schedule(Duration.ofMillis(2), next::countDown);
        await(next);
    }

    @Test
    void aDelayMayBeForEver() {
        environment
                .timers()
                .schedule(Duration.ofSeconds(Long.MAX_VALUE), () -> {})
                .cancel();
    }

    @Test
    void anErrorOfTheVirtualMachineIsReportedByEveryPool() throws InterruptedException {
        Runnable failing = () -> {
            throw new OutOfMemoryError("expected by the test");
        };
        reports(own -> own.computePool().execute(failing));
        reports(own -> own.timers().schedule(Duration.ZERO, failing));
        reports(own -> own.dedicatedThread("failing").execute(failing));
    }

    private static void reports(Consumer<Environment> failure) throws InterruptedException {
        try (SystemEnvironment own = SystemEnvironment.create("fatal", 1)) {
            CountDownLatch told = new CountDownLatch(1);
            own.fatalErrors().listen(error -> told.countDown());
            failure.accept(own);
            assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whoListensLateHearsOfTheFirstErrorAllTheSameAndWhoLeftDoesNot() {
        FatalErrors errors = new FatalErrors();
        List<String> heard = new ArrayList<>();
        Consumer<VirtualMachineError> gone = error -> heard.add("gone");
        errors.listen(gone);
        errors.forget(gone);
        errors.report(new OutOfMemoryError("first"));
        errors.report(new OutOfMemoryError("second"));
        errors.listen(error -> heard.add(String.valueOf(error.getMessage())));
        assertThat(heard).containsExactly("first");
    }

    @Test
    void sleepTakesItsTime() throws InterruptedException {
        long begun = environment.clock().nanoTime();
        environment.sleep(Duration.ofMillis(15));
        assertThat(environment.clock().nanoTime() - begun)
                .isGreaterThanOrEqualTo(Duration.ofMillis(15).toNanos());
    }

    @Test
    void anInterruptEndsASleep() throws InterruptedException {
        AtomicReference<Throwable> ended = new AtomicReference<>();
        Thread sleeper = waitInBackground(() -> {
            try {
                environment.sleep(Duration.ofHours(1));
            } catch (InterruptedException expected) {
                ended.set(expected);
            }
        });
        sleeper.interrupt();
        assertThat(sleeper.join(Duration.ofSeconds(10))).isTrue();
        assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void theClockIsThatOfTheMachine() {
        long before = System.nanoTime();
        long now = environment.clock().nanoTime();
        assertThat(now - before).isBetween(0L, System.nanoTime() - before);
        long wallBefore = System.currentTimeMillis();
        assertThat(environment.clock().wallMillis()).isBetween(wallBefore, wallBefore + 60_000);
    }

    @Test
    void virtualThreadsAreNamedAndUnstarted() {
        Thread thread = environment.virtualThreads("reader").newThread(() -> {});
        assertThat(thread.isVirtual()).isTrue();
        assertThat(thread.getName()).isEqualTo(NAME + "-reader");
        assertThat(thread.getState()).isEqualTo(Thread.State.NEW);
    }

    @Test
    void thePoolComputesOnAsManyPlatformThreadsAsItSays() throws Exception {
        assertThat(environment.computeParallelism()).isEqualTo(2);
        CyclicBarrier together = new CyclicBarrier(3);
        List<Thread> workers = new CopyOnWriteArrayList<>();
        for (int task = 0; task < 2; task++) {
            environment.computePool().execute(() -> {
                workers.add(Thread.currentThread());
                try {
                    together.await();
                } catch (Exception failure) {
                    throw new IllegalStateException(failure);
                }
            });
        }
        together.await(10, TimeUnit.SECONDS);
        assertThat(workers)
                .hasSize(2)
                .doesNotHaveDuplicates()
                .allMatch(worker -> !worker.isVirtual() && worker.isDaemon());
        assertThat(workers)
                .extracting(Thread::getName)
                .containsExactlyInAnyOrder(NAME + "-compute-0", NAME + "-compute-1");
    }

    @Test
    void aFailingTaskDoesNotStopThePool() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(10);
        for (int task = 0; task < 10; task++) {
            environment.computePool().execute(() -> {
                ran.countDown();
                throw new IllegalStateException("expected by the test");
            });
        }
        await(ran);
    }

    @Test
    void aDedicatedThreadRunsItsTasksInOrderOnOnePlatformThread() throws InterruptedException {
        DedicatedThread dedicated = environment.dedicatedThread("storage");
        List<Integer> order = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int task = 0; task < 100; task++) {
            int number = task;
            dedicated.execute(() -> {
                threads.add(Thread.currentThread());
                order.add(number);
                if (number % 7 == 0) {
                    throw new IllegalStateException("expected by the test");
                }
            });
        }
        dedicated.close();
        assertThat(order).isEqualTo(IntStream.range(0, 100).boxed().toList());
        assertThat(threads.stream().distinct()).hasSize(1);
        assertThat(threads.getFirst().isVirtual()).isFalse();
        assertThat(threads.getFirst().getName()).isEqualTo(NAME + "-storage");
        assertThat(threads.getFirst().join(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void aClosedDedicatedThreadRefusesTasks() {
        DedicatedThread dedicated = environment.dedicatedThread("storage");
        dedicated.close();
        dedicated.close();
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> dedicated.execute(() -> {}));
    }

    /** What was accepted may be a write that someone waits for. */
    @Test
    void anInterruptedCloseStillRunsWhatWasAccepted() throws Exception {
        DedicatedThread dedicated = environment.dedicatedThread("storage");
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AtomicBoolean interruptedTask = new AtomicBoolean();
        AtomicBoolean ranLast = new AtomicBoolean();
        dedicated.execute(() -> {
            try {
                mayGoOn.await();
            } catch (InterruptedException wrong) {
                interruptedTask.set(true);
            }
        });
        dedicated.execute(() -> ranLast.set(true));
        AtomicBoolean keptInterrupt = new AtomicBoolean();
        Thread closer = waitInBackground(() -> {
            dedicated.close();
            keptInterrupt.set(Thread.currentThread().isInterrupted());
        });
        closer.interrupt();
        environment.timers().schedule(Duration.ofMillis(20), mayGoOn::countDown);
        assertThat(closer.join(Duration.ofSeconds(10))).isTrue();
        assertThat(interruptedTask).isFalse();
        assertThat(ranLast).isTrue();
        assertThat(keptInterrupt).isTrue();
    }

    @Test
    void closeRunsWhatThePoolAccepted() {
        CountDownLatch ran = new CountDownLatch(50);
        for (int task = 0; task < 50; task++) {
            environment.computePool().execute(ran::countDown);
        }
        environment.close();
        assertThat(ran.getCount()).isZero();
    }

    @Test
    void closeDropsPendingTimersAndRefusesNewOnes() {
        environment.timers().schedule(Duration.ofHours(1), () -> {});
        environment.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> environment.timers().schedule(Duration.ZERO, () -> {}))
                .withMessageContaining(NAME);
        assertThatIllegalStateException().isThrownBy(() -> environment.sleep(Duration.ZERO));
        assertThatThrownBy(() -> environment.computePool().execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void closeMayBeRepeated() {
        environment.close();
        environment.close();
    }

    @Test
    void closeIsBoundedWhenATaskDoesNotEnd() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        environment.computePool().execute(() -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException stopped) {
                interrupted.countDown();
            }
        });
        FutureTask<Void> close = new FutureTask<>(environment::close, null);
        Thread.ofVirtual().start(close);
        close.get(SystemEnvironment.CLOSE_DEADLINE.toSeconds() + 10, TimeUnit.SECONDS);
        await(interrupted);
    }

    @Test
    void randomNumbersStayBelowTheirBound() {
        boolean[] seen = new boolean[5];
        for (int round = 0; round < 1000; round++) {
            seen[(int) environment.random().nextLong(5)] = true;
        }
        assertThat(seen).containsOnly(true);
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        environment.random().nextBytes(first);
        environment.random().nextBytes(second);
        assertThat(first).isNotEqualTo(second);
        assertThat(environment.random().nextLong())
                .isNotEqualTo(environment.random().nextLong());
    }
}
