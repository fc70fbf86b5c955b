package dev.atlas.it.sim.oracle;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.HashMap;
import java.util.Map;

/** Who has said which digest about one thing; everything that a sender said counts, also if it contradicts itself. */
final class Tally {

    /** A bit for each sender: simulated clusters are small. */
    private final Map<Digest, Long> senders = new HashMap<>(2);

    void add(ReplicaId sender, Digest digest) {
        senders.merge(digest, bit(sender), (left, right) -> left | right);
    }

    int count(Digest digest) {
        return Long.bitCount(senders.getOrDefault(digest, 0L));
    }

    int countWith(Digest digest, ReplicaId also) {
        return Long.bitCount(senders.getOrDefault(digest, 0L) | bit(also));
    }

    Iterable<Digest> digests() {
        return senders.keySet();
    }

    private static long bit(ReplicaId sender) {
        return 1L << sender.number();
    }
}
