package dev.atlas.net.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.connection.SharedMemory.Holding;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What one client may hold is bounded, and what all of them may hold together is too. */
class SharedMemoryTest {

    private static final int OWN = Holding.OWN_BYTES;

    private final SharedMemory memory = new SharedMemory(1000);

    @Test
    void whoHoldsNoMoreThanItsOwnNeverWaitsForOthers() {
        Holding greedy = new Holding(memory);
        assertThat(greedy.resize(OWN + 1000)).isTrue();
        assertThat(greedy.resize(OWN + 1001)).isFalse();
        assertThat(memory.taken()).as("a refusal changes nothing").isEqualTo(1000);
        Holding modest = new Holding(memory);
        assertThat(modest.resize(OWN)).isTrue();
        assertThat(modest.resize(OWN + 1)).isFalse();
        greedy.resize(OWN + 999);
        assertThat(modest.resize(OWN + 1)).isTrue();
    }

    @Test
    void itIsShortFromHalfOn() {
        Holding holding = new Holding(memory);
        holding.resize(OWN + 500);
        assertThat(memory.isShort()).isFalse();
        holding.resize(OWN + 501);
        assertThat(memory.isShort()).isTrue();
        holding.release();
        holding.release();
        assertThat(memory.taken()).isZero();
    }

    @Test
    void manyThreadsNeverTakeMoreThanThereIsAndGiveAllBack() throws InterruptedException {
        AtomicInteger violations = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int each = 0; each < 8; each++) {
            Random random = new Random(each);
            threads.add(Thread.ofVirtual().start(() -> {
                Holding holding = new Holding(memory);
                for (int step = 0; step < 20_000; step++) {
                    holding.resize(OWN + random.nextInt(700));
                    if (memory.taken() > 1000 || memory.taken() < 0) {
                        violations.incrementAndGet();
                    }
                }
                holding.release();
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(violations).hasValue(0);
        assertThat(memory.taken()).isZero();
    }
}
