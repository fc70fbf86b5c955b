package dev.atlas.net.connection;

import dev.atlas.net.env.Environment;
import dev.atlas.net.env.ForwardingEnvironment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;

/** Remembers every virtual thread that it made, since the JDK lists none. */
final class TrackingEnvironment extends ForwardingEnvironment {

    private final List<Thread> threads = new CopyOnWriteArrayList<>();

    TrackingEnvironment(Environment real) {
        super(real);
    }

    List<String> alive() {
        return threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
    }

    @Override
    public ThreadFactory virtualThreads(String name) {
        ThreadFactory factory = real.virtualThreads(name);
        return body -> {
            Thread thread = factory.newThread(body);
            threads.add(thread);
            return thread;
        };
    }
}
