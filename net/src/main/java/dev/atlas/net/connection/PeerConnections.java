package dev.atlas.net.connection;

import dev.atlas.net.stub.ModuleId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * The connections of one peer. A module's traffic is pinned to one of them and moves only when that dies, so its order holds for the
 * life of a connection. Thread-safe; picking takes no lock while the pinned connection lives.
 */
final class PeerConnections {

    private final ReentrantLock lock = new ReentrantLock();
    /** By index in the pool; written under {@link #lock}. */
    private final AtomicReferenceArray<Connection> pool;
    /** By code of the module; written under {@link #lock}. */
    private final AtomicReferenceArray<Connection> pinned = new AtomicReferenceArray<>(ModuleId.CODES);

    PeerConnections(int size) {
        this.pool = new AtomicReferenceArray<>(size);
    }

    /** Which connection a module would like: votes have the first to themselves, transfers the last. */
    private int preferred(ModuleId module) {
        int last = pool.length() - 1;
        return switch (module) {
            case PROTOCOL, RECONFIGURATION -> 0;
            case APPLICATION -> Math.min(1, last);
            case STATE_TRANSFER -> last;
        };
    }

    Optional<Connection> pick(ModuleId module) {
        Connection held = pinned.get(module.code());
        return held != null && held.isOpen() ? Optional.of(held) : pin(module);
    }

    private Optional<Connection> pin(ModuleId module) {
        lock.lock();
        try {
            Connection held = pinned.get(module.code());
            if (held != null && held.isOpen()) {
                return Optional.of(held);
            }
            Connection wanted = pool.get(preferred(module));
            Optional<Connection> chosen = wanted != null && wanted.isOpen()
                    ? Optional.of(wanted)
                    : open().stream().findFirst();
            pinned.set(module.code(), chosen.orElse(null));
            return chosen;
        } finally {
            lock.unlock();
        }
    }

    /** Puts a connection in its place and returns the one that was there. */
    Optional<Connection> put(Connection connection) {
        lock.lock();
        try {
            return Optional.ofNullable(pool.getAndSet(connection.index(), connection));
        } finally {
            lock.unlock();
        }
    }

    /** Takes a connection out, unless a newer one has its place. */
    void remove(Connection connection) {
        lock.lock();
        try {
            pool.compareAndSet(connection.index(), connection, null);
            for (int module = 0; module < pinned.length(); module++) {
                pinned.compareAndSet(module, connection, null);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Every connection that has a place, dying ones included. */
    List<Connection> all() {
        return IntStream.range(0, pool.length())
                .mapToObj(pool::get)
                .filter(Objects::nonNull)
                .toList();
    }

    private List<Connection> open() {
        return all().stream().filter(Connection::isOpen).toList();
    }
}
