package dev.atlas.net.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private final Turns turns = new Turns(1);
    private final CountDownLatch busy = new CountDownLatch(1);
    private final List<String> served = new CopyOnWriteArrayList<>();
    /** In the order of the turns. */
    private final List<String> computed = new CopyOnWriteArrayList<>();

    private final List<Thread> threads = new ArrayList<>();

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(100_000);
        }
    }

    private Thread come(String name, BooleanSupplier wanted, Runnable task) {
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                served.add(turns.run(wanted, task) ? name : name + " sent away");
            } catch (InterruptedException e) {
                served.add(name + " interrupted");
            }
        });
        threads.add(thread);
        return thread;
    }

    /** Returns once the only turn is taken. */
    private void occupy() {
        AtomicBoolean computing = new AtomicBoolean();
        come("first", () -> true, () -> {
            computing.set(true);
            try {
                busy.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        await(computing::get);
    }

    private Thread queue(String name, BooleanSupplier wanted) {
        int before = turns.waiting();
        Thread thread = come(name, wanted, () -> computed.add(name));
        await(() -> turns.waiting() == before + 1);
        return thread;
    }

    @AfterEach
    void end() throws InterruptedException {
        busy.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Test
    void theLatestComerIsServedFirst() {
        occupy();
        queue("a", () -> true);
        queue("b", () -> true);
        queue("c", () -> true);
        busy.countDown();
        await(() -> served.size() == 4);
        assertThat(computed).containsExactly("c", "b", "a");
    }

    @Test
    void whoIsNoLongerWantedIsSentAwayWithoutATurn() {
        AtomicBoolean open = new AtomicBoolean(true);
        occupy();
        queue("gone", open::get);
        queue("here", () -> true);
        open.set(false);
        busy.countDown();
        await(() -> served.size() == 3);
        assertThat(served).contains("gone sent away", "here");
        assertThat(computed).containsExactly("here");
        assertThat(turns.waiting()).isZero();
    }

    @Test
    void anInterruptedWaiterLosesNobodysTurn() {
        occupy();
        Thread interrupted = queue("a", () -> true);
        queue("b", () -> true);
        interrupted.interrupt();
        await(() -> served.contains("a interrupted"));
        busy.countDown();
        await(() -> served.size() == 3);
        come("later", () -> true, () -> {});
        await(() -> served.contains("later"));
        assertThat(served).contains("first", "b");
    }

    @Test
    void neverMoreThanAllowedComputeAtOnceAndAFailureGivesItsTurnBack() throws InterruptedException {
        Turns two = new Turns(2);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int each = 0; each < 50; each++) {
            int number = each;
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    two.run(() -> true, () -> {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        Thread.yield();
                        inside.decrementAndGet();
                        if (number % 3 == 0) {
                            throw new IllegalStateException("a failing computation");
                        }
                    });
                } catch (InterruptedException | IllegalStateException e) {
                    served.add(e.toString());
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(most.get()).isBetween(1, 2);
        assertThat(served).hasSize(17);
    }
}
