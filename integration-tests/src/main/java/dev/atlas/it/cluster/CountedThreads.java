package dev.atlas.it.cluster;

import dev.atlas.net.env.Environment;
import dev.atlas.net.env.ForwardingEnvironment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;

/** Knows which virtual threads have not ended, since the JDK lists none. Thread-safe. */
final class CountedThreads extends ForwardingEnvironment {

    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    CountedThreads(Environment real) {
        super(real);
    }

    Set<Thread> running() {
        return Set.copyOf(running);
    }

    @Override
    public ThreadFactory virtualThreads(String name) {
        ThreadFactory factory = real.virtualThreads(name);
        return body -> factory.newThread(() -> {
            running.add(Thread.currentThread());
            try {
                body.run();
            } finally {
                running.remove(Thread.currentThread());
            }
        });
    }
}
