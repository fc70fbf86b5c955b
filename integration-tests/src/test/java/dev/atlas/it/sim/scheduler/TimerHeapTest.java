package dev.atlas.it.sim.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("simulation")
class TimerHeapTest {

    private static final Comparator<SimTimer> EARLIEST_THEN_FIRST =
            Comparator.comparingLong(SimTimer::nanos).thenComparingLong(SimTimer::order);

    @Test
    void givesTheEarliestAndOfEqualOnesTheFirstMade() {
        Randomness random = new Randomness(7);
        TimerHeap heap = new TimerHeap();
        PriorityQueue<SimTimer> reference = new PriorityQueue<>(EARLIEST_THEN_FIRST);
        List<SimTimer> taken = new ArrayList<>();
        List<SimTimer> expected = new ArrayList<>();
        for (int turn = 0; turn < 20_000; turn++) {
            boolean growing = turn < 5_000;
            if (growing ? random.chance(0.7) : random.chance(0.4)) {
                SimTimer timer = new SimTimer(random.below(50), turn, () -> {});
                heap.add(timer);
                reference.add(timer);
            } else if (!reference.isEmpty()) {
                expected.add(reference.remove());
                taken.add(heap.peek());
                heap.removeFirst();
            }
        }
        assertThat(taken).hasSizeGreaterThan(5_000).isEqualTo(expected);
        assertThat(heap.peek()).isSameAs(reference.peek());
    }
}
