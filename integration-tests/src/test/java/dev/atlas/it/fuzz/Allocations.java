package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What the calling thread has allocated, from one look to the next. */
final class Allocations {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** So much the first steps of a test may allocate, which load classes. */
    private static final long MOST_AT_FIRST = 4 << 20;

    private static final long FIRST = 2000;

    private final long most;
    private long before;
    private long largest;

    Allocations(long most) {
        this.most = most;
    }

    void begin() {
        before = THREADS.getCurrentThreadAllocatedBytes();
    }

    /**
     * @param step numbers what was done, from 0
     */
    void end(long step) {
        long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        long limit = step < FIRST ? Math.max(most, MOST_AT_FIRST) : most;
        if (bytes > limit) {
            assertThat(bytes).as("bytes allocated in step %s", step).isLessThanOrEqualTo(limit);
        }
        largest = step < FIRST ? largest : Math.max(largest, bytes);
    }

    long largest() {
        return largest;
    }
}
