package dev.atlas.net.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.env.Environment;
import dev.atlas.net.env.ForwardingEnvironment;
import dev.atlas.net.env.Timers;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Another environment with timers that fire when the test says so. */
final class ManualTimers extends ForwardingEnvironment {

    private static final int DEADLINE_SECONDS = 20;

    private final BlockingQueue<Runnable> actions = new LinkedBlockingQueue<>();
    private final Semaphore scheduled = new Semaphore(0);

    ManualTimers(Environment real) {
        super(real);
    }

    /** Cancelling is too late for these: they fire all the same. */
    @Override
    public Timers timers() {
        return (delay, action) -> {
            actions.add(action);
            scheduled.release();
            return () -> {};
        };
    }

    void awaitScheduled(int count) throws InterruptedException {
        assertThat(scheduled.tryAcquire(count, DEADLINE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
    }

    void fireFirst() {
        actions.remove().run();
    }
}
