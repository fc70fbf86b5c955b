package dev.atlas.core.ordering.pbft;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Votes of one kind for one slot in one view: the first of each sender counts. Members are few and their votes are most of what is handled: a sorted list takes
 * less time and room than a tree.
 */
final class Votes {

    /** In ascending order, each once. */
    private final List<ReplicaId> senders = new ArrayList<>(0);

    /** What each of the {@link #senders} has voted for, at the same index. */
    private final List<Digest> digests = new ArrayList<>(0);

    /** What became of a vote. */
    enum Result {
        COUNTED,
        REPEATED,
        EQUIVOCATION
    }

    Result add(ReplicaId sender, Digest digest) {
        int index = Collections.binarySearch(senders, sender);
        if (index < 0) {
            senders.add(-index - 1, sender);
            digests.add(-index - 1, digest);
            return Result.COUNTED;
        }
        return digests.get(index).equals(digest) ? Result.REPEATED : Result.EQUIVOCATION;
    }

    int count(Digest digest) {
        int count = 0;
        for (Digest vote : digests) {
            if (vote.equals(digest)) {
                count++;
            }
        }
        return count;
    }

    /** What so many have voted for; of several digests that of the first sender. */
    Optional<Digest> agreed(int needed) {
        if (digests.size() >= needed) {
            for (Digest vote : digests) {
                if (count(vote) >= needed) {
                    return Optional.of(vote);
                }
            }
        }
        return Optional.empty();
    }

    boolean has(ReplicaId sender) {
        return senders.contains(sender);
    }

    List<ReplicaId> senders() {
        return List.copyOf(senders);
    }

    List<ReplicaId> senders(Digest digest) {
        List<ReplicaId> voters = new ArrayList<>();
        for (int index = 0; index < digests.size(); index++) {
            if (digests.get(index).equals(digest)) {
                voters.add(senders.get(index));
            }
        }
        return voters;
    }

    void clear() {
        senders.clear();
        digests.clear();
    }
}
