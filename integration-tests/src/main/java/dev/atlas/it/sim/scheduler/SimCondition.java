package dev.atlas.it.sim.scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Where simulated threads wait for each other. Needs no lock: only one of them runs at a time, and none is stopped in between. */
public final class SimCondition {

    /** In the order of their arrival; mostly none, or one. */
    private final List<Thread> waiting = new ArrayList<>(1);

    /** Returns after a signal, or for no reason: call it in a loop. */
    public void await() throws InterruptedException {
        Thread self = Thread.currentThread();
        waiting.add(self);
        LockSupport.park(this);
        waiting.remove(self);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** Like {@link #await}, leaving an interrupt for later. */
    public void awaitUninterruptibly() {
        boolean interrupted = Thread.interrupted();
        Thread self = Thread.currentThread();
        waiting.add(self);
        LockSupport.park(this);
        waiting.remove(self);
        if (interrupted) {
            self.interrupt();
        }
    }

    public void signalAll() {
        if (!waiting.isEmpty()) {
            for (Thread thread : waiting) {
                LockSupport.unpark(thread);
            }
            waiting.clear();
        }
    }
}
