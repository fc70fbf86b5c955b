package dev.atlas.it.sim.scheduler;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Timers, the earliest first; of equal ones the one that was made first. A binary heap with the times in an array of their own: there are hundreds of timers, and
 * looking into each on the way up or down is what a general queue spends its time on.
 */
final class TimerHeap {

    private static final int INITIAL = 256;

    private long[] times = new long[INITIAL];
    private @Nullable SimTimer[] timers = new SimTimer[INITIAL];
    private int size;

    void add(SimTimer timer) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            timers = Arrays.copyOf(timers, 2 * size);
        }
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) / 2;
            if (!isBefore(timer, parent)) {
                break;
            }
            move(parent, hole);
            hole = parent;
        }
        put(hole, timer);
    }

    /** The earliest; null if there is none. */
    @Nullable
    SimTimer peek() {
        return timers[0];
    }

    /** Takes out the earliest, of which there must be one. */
    void removeFirst() {
        SimTimer last = timers[--size];
        timers[size] = null;
        if (size == 0 || last == null) {
            return;
        }
        int hole = 0;
        for (int child = 1; child < size; child = 2 * hole + 1) {
            SimTimer right = child + 1 < size ? timers[child + 1] : null;
            int earlier = right != null && isBefore(right, child) ? child + 1 : child;
            if (isBefore(last, earlier)) {
                break;
            }
            move(earlier, hole);
            hole = earlier;
        }
        put(hole, last);
    }

    private boolean isBefore(SimTimer timer, int index) {
        SimTimer other = timers[index];
        return timer.nanos() < times[index]
                || (timer.nanos() == times[index] && other != null && timer.order() < other.order());
    }

    private void move(int from, int to) {
        times[to] = times[from];
        timers[to] = timers[from];
    }

    private void put(int index, SimTimer timer) {
        times[index] = timer.nanos();
        timers[index] = timer;
    }
}
