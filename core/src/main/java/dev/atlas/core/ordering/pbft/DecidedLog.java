package dev.atlas.core.ordering.pbft;

import dev.atlas.core.crypto.Chain;
import dev.atlas.net.crypto.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The decisions without a gap, newest retained, and their hash chain. */
final class DecidedLog {

    private final TreeMap<Long, Digest> retained = new TreeMap<>();
    private long head;
    private Digest chain = Digest.ZERO;

    /** Last sequence number decided without a gap; 0 before the first. */
    long head() {
        return head;
    }

    /** Chain digest at {@link #head}. */
    Digest chain() {
        return chain;
    }

    void append(Digest batch) {
        head++;
        chain = Chain.next(chain, head, batch);
        retained.put(head, batch);
    }

    /** Continues a log that was read from disk, whose chain was checked there. */
    void restore(long sequence, Digest batch, Digest chainThere) {
        head = sequence;
        chain = chainThere;
        retained.put(sequence, batch);
    }

    /** Continues after a checkpoint that was installed from elsewhere. */
    void install(long sequence, Digest chainThere) {
        retained.clear();
        head = sequence;
        chain = chainThere;
    }

    /** First sequence number that can still be served; head + 1 if none. */
    long first() {
        return retained.isEmpty() ? head + 1 : retained.firstKey();
    }

    /** Whether this was decided there and can be served. */
    boolean holds(long sequence, Digest batch) {
        return batch.equals(retained.get(sequence));
    }

    /** Digests from {@code first}, at most {@code most}. */
    List<Digest> digests(long first, int most) {
        List<Digest> digests = new ArrayList<>();
        for (Digest digest : retained.tailMap(first, true).values()) {
            if (digests.size() == most) {
                break;
            }
            digests.add(digest);
        }
        return digests;
    }

    /** Forgets everything at or below {@code sequence} and returns it. */
    Map<Long, Digest> forget(long sequence) {
        Map<Long, Digest> below = retained.headMap(sequence, true);
        Map<Long, Digest> forgotten = new TreeMap<>(below);
        below.clear();
        return forgotten;
    }
}
