package dev.atlas.net.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.atlas.net.concurrent.TaskScope.DeadlineException;
import dev.atlas.net.concurrent.TaskScope.FailedException;
import dev.atlas.net.concurrent.TaskScope.Subtask;
import dev.atlas.net.env.SystemEnvironment;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class TaskScopeTest {

    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration NEVER = Duration.ofHours(1);

    private final SystemEnvironment environment = SystemEnvironment.create("scope-test", 1);

    @AfterEach
    void close() {
        environment.close();
    }

    private TaskScope open() {
        return TaskScope.open(environment, "scope");
    }

    /** A task that only an interrupt ends. */
    private static Thread waitForEver(CountDownLatch started) throws InterruptedException {
        started.countDown();
        new CountDownLatch(1).await();
        throw new AssertionError("unreachable");
    }

    private static Throwable thrownElsewhere(Runnable action) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread.ofVirtual().start(() -> thrown.set(catchThrowable(action::run))).join();
        return thrown.get();
    }

    @Test
    void joinReturnsWhenAllHaveSucceeded() throws Exception {
        try (TaskScope scope = open()) {
            CyclicBarrier together = new CyclicBarrier(3);
            List<Subtask<Integer>> subtasks = new ArrayList<>();
            for (int number = 0; number < 3; number++) {
                int result = number;
                subtasks.add(scope.fork(() -> {
                    together.await();
                    return result;
                }));
            }
            scope.join();
            assertThat(subtasks)
                    .allMatch(Subtask::succeeded)
                    .extracting(Subtask::get)
                    .containsExactly(0, 1, 2);
        }
    }

    @Test
    void aScopeWithoutTasksIsJoinedAtOnce() throws Exception {
        try (TaskScope scope = open()) {
            scope.join();
            scope.join(SOON);
        }
    }

    @Test
    void eachSubtaskHasAVirtualThreadOfTheEnvironment() throws Exception {
        try (TaskScope scope = open()) {
            Subtask<Thread> first = scope.fork(Thread::currentThread);
            Subtask<Thread> second = scope.fork(Thread::currentThread);
            scope.join();
            assertThat(first.get().isVirtual()).isTrue();
            assertThat(first.get().getName()).isEqualTo("scope-test-scope");
            assertThat(first.get()).isNotSameAs(second.get());
        }
    }

    @Test
    void onlyTheOwnerForksJoinsAndCloses() throws InterruptedException {
        AtomicBoolean ran = new AtomicBoolean();
        try (TaskScope scope = open()) {
            assertThat(thrownElsewhere(() -> scope.fork(() -> ran.getAndSet(true))))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(thrownElsewhere(() -> assertThatThrownBy(scope::join).isInstanceOf(IllegalStateException.class)))
                    .isNull();
            assertThat(thrownElsewhere(scope::close)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(ran).isFalse();
    }

    @Test
    void aSubtaskIsNoOwner() throws Exception {
        try (TaskScope scope = open()) {
            Subtask<Throwable> fork = scope.fork(() -> catchThrowable(() -> scope.fork(() -> 1)));
            scope.join();
            assertThat(fork.get()).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void theFirstFailureCancelsItsSiblings() throws Exception {
        try (TaskScope scope = open()) {
            CountDownLatch started = new CountDownLatch(2);
            List<Subtask<Thread>> siblings =
                    List.of(scope.fork(() -> waitForEver(started)), scope.fork(() -> waitForEver(started)));
            IOException failure = new IOException("broken");
            scope.fork(() -> {
                started.await();
                throw failure;
            });
            assertThatThrownBy(scope::join)
                    .isInstanceOf(FailedException.class)
                    .cause()
                    .isSameAs(failure);
            assertThat(siblings).noneMatch(Subtask::succeeded);
            assertThatIllegalStateException()
                    .isThrownBy(siblings.getFirst()::get)
                    .withCauseInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void anErrorIsAFailure() {
        try (TaskScope scope = open()) {
            scope.fork(() -> {
                throw new AssertionError("a check in a subtask");
            });
            assertThatThrownBy(scope::join).hasCauseInstanceOf(AssertionError.class);
        }
    }

    @Test
    void laterFailuresDoNotHideTheFirst() {
        try (TaskScope scope = open()) {
            CountDownLatch started = new CountDownLatch(1);
            scope.fork(() -> {
                try {
                    return waitForEver(started);
                } catch (InterruptedException consequence) {
                    throw new IllegalStateException("the sibling's own complaint", consequence);
                }
            });
            scope.fork(() -> {
                started.await();
                throw new IOException("the reason");
            });
            assertThatThrownBy(scope::join).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void nothingStartsAfterAFailure() {
        AtomicBoolean ran = new AtomicBoolean();
        try (TaskScope scope = open()) {
            scope.fork(() -> {
                throw new IOException("broken");
            });
            assertThatThrownBy(scope::join).isInstanceOf(FailedException.class);
            Subtask<Boolean> late = scope.fork(() -> ran.getAndSet(true));
            assertThatThrownBy(scope::join).isInstanceOf(FailedException.class);
            assertThat(late.succeeded()).isFalse();
        }
        assertThat(ran).isFalse();
    }

    @Test
    void aClosedScopeRefusesToFork() {
        TaskScope scope = open();
        scope.close();
        assertThatIllegalStateException().isThrownBy(() -> scope.fork(() -> 1));
        scope.close();
    }

    @Test
    void theDeadlineCancelsAllAndWaitsForThem() throws Exception {
        try (TaskScope scope = open()) {
            AtomicReference<Thread> thread = new AtomicReference<>();
            AtomicBoolean ended = new AtomicBoolean();
            Subtask<Thread> slow = scope.fork(() -> {
                thread.set(Thread.currentThread());
                try {
                    return waitForEver(new CountDownLatch(1));
                } finally {
                    ended.set(true);
                }
            });
            assertThatThrownBy(() -> scope.join(SOON)).isInstanceOf(DeadlineException.class);
            assertThat(slow.succeeded()).isFalse();
            assertThat(ended).as("join returned after the end").isTrue();
            assertThat(thread.get().join(Duration.ofSeconds(10))).isTrue();
        }
    }

    @Test
    void aDeadlineThatIsKeptChangesNothing() throws Exception {
        try (TaskScope scope = open()) {
            Subtask<Integer> quick = scope.fork(() -> 7);
            scope.join(NEVER);
            assertThat(quick.get()).isEqualTo(7);
            Subtask<Integer> another = scope.fork(() -> 8);
            scope.join();
            assertThat(another.get()).isEqualTo(8);
        }
    }

    @Test
    void aFailureBeforeTheDeadlineIsAFailure() {
        try (TaskScope scope = open()) {
            scope.fork(() -> {
                throw new IOException("broken");
            });
            assertThatThrownBy(() -> scope.join(NEVER)).isInstanceOf(FailedException.class);
        }
    }

    @Test
    void closeInterruptsAndWaitsForTheLast() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicBoolean closeReturned = new AtomicBoolean();
        Thread owner = Thread.currentThread();
        Thread releaser = Thread.ofVirtual().unstarted(() -> {
            while (owner.getState() != Thread.State.WAITING && !closeReturned.get()) {
                Thread.yield();
            }
            mayEnd.countDown();
        });
        try (TaskScope scope = open()) {
            scope.fork(() -> {
                try {
                    return waitForEver(started);
                } catch (InterruptedException cleanUp) {
                    releaser.start();
                    mayEnd.await();
                    ended.set(true);
                    throw cleanUp;
                }
            });
            started.await();
        }
        boolean endedFirst = ended.get();
        closeReturned.set(true);
        assertThat(endedFirst).as("the subtask ended before close returned").isTrue();
        releaser.join();
    }

    @Test
    void anInterruptOfTheOwnerEndsJoinAndLeavesTheTasksToClose() throws Exception {
        AtomicBoolean sawInterrupt = new AtomicBoolean();
        CountDownLatch started = new CountDownLatch(1);
        try (TaskScope scope = open()) {
            scope.fork(() -> {
                try {
                    return waitForEver(started);
                } catch (InterruptedException cancelled) {
                    sawInterrupt.set(true);
                    throw cancelled;
                }
            });
            started.await();
            Thread.currentThread().interrupt();
            assertThatThrownBy(scope::join).isInstanceOf(InterruptedException.class);
            assertThat(sawInterrupt).isFalse();
        }
        assertThat(sawInterrupt).isTrue();
    }

    @Test
    void closeKeepsAnInterruptForItsCaller() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        try (TaskScope scope = open()) {
            scope.fork(() -> waitForEver(started));
            started.await();
            Thread.currentThread().interrupt();
        }
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void anInnerScopeEndsBeforeTheSubtaskThatOpenedIt() throws Exception {
        CountDownLatch started = new CountDownLatch(2);
        AtomicReference<Thread> innermost = new AtomicReference<>();
        try (TaskScope outer = open()) {
            outer.fork(() -> {
                try (TaskScope inner = open()) {
                    inner.fork(() -> {
                        innermost.set(Thread.currentThread());
                        return waitForEver(started);
                    });
                    started.countDown();
                    inner.join();
                }
                throw new AssertionError("join of the inner scope was interrupted");
            });
            started.await();
        }
        assertThat(innermost.get().join(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void anInnerFailureIsTheOuterSubtasksOwn() {
        try (TaskScope outer = open()) {
            outer.fork(() -> {
                try (TaskScope inner = open()) {
                    inner.fork(() -> {
                        throw new IOException("deep down");
                    });
                    inner.join();
                }
                return 0;
            });
            assertThatThrownBy(outer::join)
                    .hasCauseInstanceOf(FailedException.class)
                    .hasRootCauseInstanceOf(IOException.class);
        }
    }
}
