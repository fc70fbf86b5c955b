package dev.atlas.net.connection;

import dev.atlas.net.stub.ModuleId;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * The connections of one peer. A module's traffic is pinned to one of them and stays there while that lives, so its order holds for the
 * life of a connection. Thread-safe; picking takes no lock while the pinned connection lives.
 *
 * <p>Requests and transfers keep off the connection of the votes: each goes to the one with the least waiting. Only while there is no
 * other do they share, and leave it when another comes up. That is the one move without a death; neither relies on order across it.
 */
final class PeerConnections {

    private static final List<ModuleId> VOTES = List.of(ModuleId.PROTOCOL, ModuleId.RECONFIGURATION);

    private final ReentrantLock lock = new ReentrantLock();
    /** By index in the pool; written under {@link #lock}. */
    private final AtomicReferenceArray<Connection> pool;
    /** By code of the module; written under {@link #lock}. */
    private final AtomicReferenceArray<Connection> pinned = new AtomicReferenceArray<>(ModuleId.CODES);

    PeerConnections(int size) {
        this.pool = new AtomicReferenceArray<>(size);
    }

    private static boolean isBulk(ModuleId module) {
        return switch (module) {
            case PROTOCOL, RECONFIGURATION -> false;
            case APPLICATION, STATE_TRANSFER -> true;
        };
    }

    private Optional<Connection> choose(ModuleId module) {
        Optional<Connection> votes = votes();
        if (!isBulk(module)) {
            return votes;
        }
        return open().stream()
                .filter(each -> votes.filter(each::equals).isEmpty())
                .min(Comparator.comparingLong(each -> each.queue().bytes()))
                .or(() -> votes);
    }

    /** Where the votes are, or would go: to the first that there is. */
    private Optional<Connection> votes() {
        for (ModuleId module : VOTES) {
            Connection held = pinned.get(module.code());
            if (held != null && held.isOpen()) {
                return Optional.of(held);
            }
        }
        return open().stream().findFirst();
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
            Optional<Connection> chosen = choose(module);
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
            Optional<Connection> votes = votes();
            for (ModuleId module : ModuleId.values()) {
                if (isBulk(module)) {
                    votes.ifPresent(shared -> pinned.compareAndSet(module.code(), shared, null));
                }
            }
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
