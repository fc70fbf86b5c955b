package dev.atlas.it.sim.scheduler;

/** Something that happens at a time, unless it is cancelled before. */
final class SimTimer implements Scheduler.Cancellable {

    private final long nanos;
    private final long order;
    private final Runnable action;
    private boolean cancelled;

    /**
     * @param order how many timers were made before
     */
    SimTimer(long nanos, long order, Runnable action) {
        this.nanos = nanos;
        this.order = order;
        this.action = action;
    }

    long nanos() {
        return nanos;
    }

    long order() {
        return order;
    }

    void run() {
        action.run();
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }
}
