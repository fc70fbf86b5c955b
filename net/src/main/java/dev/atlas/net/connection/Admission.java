package dev.atlas.net.connection;

import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * Counts the incoming connections that have not authenticated yet, in all and by {@linkplain AddressBlock addresses}. Thread-safe.
 *
 * <p>Strangers of many addresses could use up the number in all for ever, by connecting anew whenever a deadline has cut them off. So
 * connections from addresses of members do not count for it: a member that lost its connections gets back in.
 */
final class Admission {

    private final NetworkConfig.Limits limits;
    private final Predicate<String> isMembersHost;
    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by {@link #lock}; bounded by the limit in all and the addresses of members. */
    private final Map<String, Integer> byBlock = new HashMap<>();
    /** Where members came from; guarded by {@link #lock}, bounded by the membership. */
    private final Map<ReplicaId, String> membersHosts = new HashMap<>();
    /** Of strangers' addresses; guarded by {@link #lock}. */
    private int strangers;

    /**
     * @param isMembersHost whether the membership has a node at an address
     */
    Admission(NetworkConfig.Limits limits, Predicate<String> isMembersHost) {
        this.limits = limits;
        this.isMembersHost = isMembersHost;
    }

    /** An incoming connection under way. */
    record Entry(String host, boolean stranger) {

        /** The addresses that it counts with: a member's neighbours are not to take its places. */
        String block() {
            return stranger ? AddressBlock.of(host) : host;
        }
    }

    /** Either counted, or refused. */
    sealed interface Decision {

        record Entered(Entry entry) implements Decision {}

        record Refused(RejectionReason reason) implements Decision {}
    }

    /** Counts one more, or says why not. */
    Decision enter(String host) {
        boolean listed = isMembersHost.test(host);
        lock.lock();
        try {
            boolean stranger = !listed && !membersHosts.containsValue(host);
            Entry entry = new Entry(host, stranger);
            if (stranger && strangers >= limits.unauthenticated()) {
                return new Decision.Refused(RejectionReason.TOO_MANY_UNAUTHENTICATED);
            }
            if (byBlock.getOrDefault(entry.block(), 0) >= limits.unauthenticatedPerHost()) {
                return new Decision.Refused(RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST);
            }
            strangers += stranger ? 1 : 0;
            byBlock.merge(entry.block(), 1, Integer::sum);
            return new Decision.Entered(entry);
        } finally {
            lock.unlock();
        }
    }

    int total() {
        lock.lock();
        try {
            return byBlock.values().stream().mapToInt(Integer::intValue).sum();
        } finally {
            lock.unlock();
        }
    }

    void leave(Entry entry) {
        lock.lock();
        try {
            strangers -= entry.stranger() ? 1 : 0;
            byBlock.computeIfPresent(entry.block(), (unused, count) -> count == 1 ? null : count - 1);
        } finally {
            lock.unlock();
        }
    }

    /** A member has proved itself at this address. */
    void authenticated(NodeId peer, String host) {
        if (peer instanceof ReplicaId member) {
            lock.lock();
            try {
                membersHosts.put(member, host);
            } finally {
                lock.unlock();
            }
        }
    }
}
