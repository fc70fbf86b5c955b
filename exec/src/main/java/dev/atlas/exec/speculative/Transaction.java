package dev.atlas.exec.speculative;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a block and what is known of it. Whoever has moved it to {@link State#RUNNING} owns it; the state is what publishes the rest.
 */
final class Transaction<R> {

    /** From {@link #WAITING} it goes back to {@link #NEW}; from {@link #EXECUTED} to {@link #RUNNING} for another look, or for good to {@link #COMMITTED}. */
    enum State {
        NEW,
        RUNNING,
        /** For another operation that runs again. */
        WAITING,
        EXECUTED,
        COMMITTED
    }

    final int index;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);

    /** Those that wait for this one; closed while it does not run. */
    private final AtomicReference<Waiter> waiters = new AtomicReference<>(Waiter.CLOSED);

    /** The incarnation whose writes are in the memory. */
    private volatile @Nullable View published;

    private volatile Outcome<R> outcome = new Outcome.None<>();

    /** Incarnations so far; guarded by {@link State#RUNNING}. */
    int incarnations;

    Transaction(int index) {
        this.index = index;
    }

    State state() {
        return state.get();
    }

    boolean move(State from, State to) {
        return state.compareAndSet(from, to);
    }

    void state(State to) {
        state.set(to);
    }

    Outcome<R> outcome() {
        return outcome;
    }

    @Nullable
    View published() {
        return published;
    }

    void executed(Outcome<R> latest, @Nullable View view) {
        outcome = latest;
        published = view;
    }

    /**
     * Before its writes become estimates: from now on others may wait. Whoever published it last may not have released those yet that have waited until then: they
     * stay, and are released by that one or the next.
     */
    void openToWaiters() {
        waiters.compareAndSet(Waiter.CLOSED, Waiter.NONE);
    }

    /** False if this one does not run any more, so that there is nothing to wait for. */
    boolean await(int waiting) {
        while (true) {
            Waiter head = waiters.get();
            if (head == Waiter.CLOSED) {
                return false;
            }
            if (waiters.compareAndSet(head, new Waiter(waiting, head))) {
                return true;
            }
        }
    }

    /** Those that have waited, the first last. */
    List<Integer> releaseWaiters() {
        if (waiters.get() == Waiter.CLOSED) {
            return List.of();
        }
        List<Integer> released = new ArrayList<>();
        for (Waiter each = waiters.getAndSet(Waiter.CLOSED); each != null; each = each.next) {
            if (each != Waiter.NONE && each != Waiter.CLOSED) {
                released.add(each.index);
            }
        }
        return released;
    }

    /** A list whose ends say whether one may join it; told apart by identity. */
    private static final class Waiter {
        static final Waiter NONE = new Waiter(-1, null);
        static final Waiter CLOSED = new Waiter(-2, null);

        private final int index;
        private final @Nullable Waiter next;

        Waiter(int index, @Nullable Waiter next) {
            this.index = index;
            this.next = next;
        }
    }
}
