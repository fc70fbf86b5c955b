package dev.atlas.net.handshake;

import dev.atlas.net.env.Timers;
import dev.atlas.net.env.Timers.Timer;
import dev.atlas.net.transport.Channel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/** Closes a channel if its handshake has not come so far in time; never once that was met. */
final class HandshakeDeadline implements AutoCloseable {

    private enum State {
        RUNNING,
        MET,
        MISSED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);
    private final Duration delay;
    private final Timer timer;

    HandshakeDeadline(Timers timers, Duration delay, Channel channel) {
        this.delay = delay;
        this.timer = timers.schedule(delay, () -> {
            if (state.compareAndSet(State.RUNNING, State.MISSED)) {
                channel.close();
            }
        });
    }

    /** From now on the channel is safe from this deadline. */
    void meet() throws Rejection {
        state.compareAndSet(State.RUNNING, State.MET);
        check();
    }

    /** Whatever went wrong after it was missed did so for that reason. */
    void check() throws Rejection {
        if (state.get() == State.MISSED) {
            throw new Rejection(RejectionReason.DEADLINE, "not finished within " + delay);
        }
    }

    @Override
    public void close() {
        timer.cancel();
    }
}
