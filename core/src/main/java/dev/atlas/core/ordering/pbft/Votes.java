package dev.atlas.core.ordering.pbft;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Votes of one kind for one slot in one view: the first of each sender counts. */
final class Votes {

    private final Map<ReplicaId, Digest> bySender = new TreeMap<>();

    /** What became of a vote. */
    enum Result {
        COUNTED,
        REPEATED,
        EQUIVOCATION
    }

    Result add(ReplicaId sender, Digest digest) {
        Digest first = bySender.putIfAbsent(sender, digest);
        if (first == null) {
            return Result.COUNTED;
        }
        return first.equals(digest) ? Result.REPEATED : Result.EQUIVOCATION;
    }

    int count(Digest digest) {
        int count = 0;
        for (Digest vote : bySender.values()) {
            if (vote.equals(digest)) {
                count++;
            }
        }
        return count;
    }

    Optional<Digest> of(ReplicaId sender) {
        return Optional.ofNullable(bySender.get(sender));
    }

    boolean has(ReplicaId sender) {
        return bySender.containsKey(sender);
    }

    List<ReplicaId> senders() {
        return List.copyOf(bySender.keySet());
    }

    List<ReplicaId> senders(Digest digest) {
        List<ReplicaId> senders = new ArrayList<>();
        bySender.forEach((sender, vote) -> {
            if (vote.equals(digest)) {
                senders.add(sender);
            }
        });
        return senders;
    }

    void clear() {
        bySender.clear();
    }
}
