package dev.atlas.net.concurrent;

import dev.atlas.net.env.Environment;
import dev.atlas.net.env.ForwardingEnvironment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Its sleeps take no time; those that no interrupt cut short are recorded. */
final class InstantSleepEnvironment extends ForwardingEnvironment {

    private final List<Duration> slept = new CopyOnWriteArrayList<>();

    InstantSleepEnvironment(Environment real) {
        super(real);
    }

    List<Duration> slept() {
        return slept;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        slept.add(duration);
    }
}
