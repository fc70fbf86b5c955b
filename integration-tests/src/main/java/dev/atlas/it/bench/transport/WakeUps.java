package dev.atlas.it.bench.transport;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.SingleWriterRecorder;

/** Wakes a virtual thread now and then and measures how long that takes. */
final class WakeUps {

    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final SingleWriterRecorder recorder;
    private final Semaphore due = new Semaphore(0);
    private volatile long since;
    private volatile boolean over;

    WakeUps(SingleWriterRecorder recorder) {
        this.recorder = recorder;
    }

    /** On the virtual thread. */
    void sleep() throws InterruptedException {
        due.acquire();
        while (!over) {
            recorder.recordValue(Math.clamp(System.nanoTime() - since, 0, Delays.MAX_NANOS));
            due.acquire();
        }
    }

    /** On a thread of its own. */
    void wake(AtomicBoolean stop) {
        while (!stop.get()) {
            NodeDriver.pause(EVERY_NANOS);
            since = System.nanoTime();
            due.release();
        }
        over = true;
        due.release();
    }
}
