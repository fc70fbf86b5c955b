package dev.atlas.it.sim.oracle;

import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Who has said which digest about one thing; everything that a sender said counts, also if it contradicts itself. Nearly always there is one digest. */
final class Tally {

    private final List<Digest> digests = new ArrayList<>(1);

    /** For each of the digests a bit for each sender: simulated clusters are small. */
    private long[] senders = new long[1];

    void add(ReplicaId sender, Digest digest) {
        int index = digests.indexOf(digest);
        if (index < 0) {
            index = digests.size();
            digests.add(digest);
            if (index == senders.length) {
                senders = Arrays.copyOf(senders, 2 * index);
            }
        }
        senders[index] |= bit(sender);
    }

    int count(Digest digest) {
        return Long.bitCount(senders(digest));
    }

    int countWith(Digest digest, ReplicaId also) {
        return Long.bitCount(senders(digest) | bit(also));
    }

    Iterable<Digest> digests() {
        return digests;
    }

    private long senders(Digest digest) {
        int index = digests.indexOf(digest);
        return index < 0 ? 0 : senders[index];
    }

    private static long bit(ReplicaId sender) {
        return 1L << sender.number();
    }
}
