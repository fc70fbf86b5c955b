package dev.atlas.net.env;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Errors of the virtual machine, out of memory above all, in any thread or pool of a node.
 *
 * <p>After one, nobody knows what was left half done, and a thread that is started again would go on with it. So whoever catches what a task throws reports it
 * here, and whoever owns the node hears of it and stops. Thread-safe.
 */
public final class FatalErrors {

    /** A cause may lie below others; a chain is followed no further than this, as it may be a circle. */
    private static final int CAUSES = 16;

    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by {@link #lock}, like the first error. */
    private final List<Consumer<VirtualMachineError>> listeners = new ArrayList<>();

    private @Nullable VirtualMachineError first;

    /** Tells the listeners, if it is such an error or was caused by one, and the first. */
    public void report(Throwable failure) {
        VirtualMachineError error = cause(failure);
        if (error == null) {
            return;
        }
        List<Consumer<VirtualMachineError>> told;
        lock.lock();
        try {
            if (first != null) {
                return;
            }
            first = error;
            told = List.copyOf(listeners);
        } finally {
            lock.unlock();
        }
        told.forEach(listener -> listener.accept(error));
    }

    /** The listener is called once at most, at once if there has been an error already, else on the thread that reports it; it must not block. */
    public void listen(Consumer<VirtualMachineError> listener) {
        VirtualMachineError before;
        lock.lock();
        try {
            before = first;
            listeners.add(listener);
        } finally {
            lock.unlock();
        }
        if (before != null) {
            listener.accept(before);
        }
    }

    /** For owners that end before their environment does. */
    public void forget(Consumer<VirtualMachineError> listener) {
        lock.lock();
        try {
            listeners.remove(listener);
        } finally {
            lock.unlock();
        }
    }

    private static @Nullable VirtualMachineError cause(Throwable failure) {
        Throwable next = failure;
        for (int depth = 0; next != null && depth < CAUSES; depth++) {
            if (next instanceof VirtualMachineError error) {
                return error;
            }
            next = next.getCause();
        }
        return null;
    }
}
