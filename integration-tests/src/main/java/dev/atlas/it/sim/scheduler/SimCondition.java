package dev.atlas.it.sim.scheduler;

import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;

/** Where simulated threads wait for each other. Needs no lock: only one of them runs at a time, and none is stopped in between. */
public final class SimCondition {

    private final ArrayDeque<Thread> waiting = new ArrayDeque<>();

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
        waiting.forEach(LockSupport::unpark);
        waiting.clear();
    }
}
