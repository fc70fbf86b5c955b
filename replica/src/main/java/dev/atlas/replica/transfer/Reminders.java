package dev.atlas.replica.transfer;

import dev.atlas.net.identity.ReplicaId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which sources have not been asked for anything for so long that they may let the state go: they keep it only for those who go on asking, and while many parts
 * that are here already are handed over, nobody needs to be asked. Owned by the thread of the transfer.
 */
final class Reminders {

    /** So that two questions in a row may be lost. */
    private static final long INTERVAL_NANOS = StateServer.LEASE.dividedBy(3).toNanos();

    private final Map<ReplicaId, Long> lastAsked = new TreeMap<>();

    Reminders(List<ReplicaId> sources, long nowNanos) {
        sources.forEach(source -> lastAsked.put(source, nowNanos));
    }

    void asked(ReplicaId source, long nowNanos) {
        lastAsked.replace(source, nowNanos);
    }

    /** It is not reminded again. */
    void exclude(ReplicaId source) {
        lastAsked.remove(source);
    }

    List<ReplicaId> due(long nowNanos) {
        return lastAsked.entrySet().stream()
                .filter(asked -> nowNanos - asked.getValue() >= INTERVAL_NANOS)
                .map(Map.Entry::getKey)
                .toList();
    }
}
