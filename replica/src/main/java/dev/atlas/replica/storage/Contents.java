package dev.atlas.replica.storage;

import dev.atlas.net.crypto.Digest;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which records of slots are on disk, so that they are pruned without being read. Owned by the storage thread. Holds the window, the retained log, and what
 * was decided since the stored state, with some 300 bytes for each slot.
 */
final class Contents {

    /**
     * Slots that are forgotten in one write: while a large state is worth less than its log, millions pile up, and a write with all of them would hold up votes for
     * seconds. More than the longest checkpoint period, so that it keeps up with what is added.
     */
    static final int FORGOTTEN_AT_ONCE = 8192;

    private final TreeMap<Long, SlotRecords> slots = new TreeMap<>();
    private final Bodies bodies = new Bodies();

    static final class SlotRecords {
        final Set<Digest> batches = new TreeSet<>();
        final Set<Digest> prePrepared = new TreeSet<>();
        boolean prepared;

        @Nullable
        Digest decided;
    }

    Bodies bodies() {
        return bodies;
    }

    SlotRecords at(long sequence) {
        return slots.computeIfAbsent(sequence, unknown -> new SlotRecords());
    }

    @Nullable
    SlotRecords find(long sequence) {
        return slots.get(sequence);
    }

    /**
     * The stable checkpoint is there: votes up to it are garbage, and so are batches that were not decided.
     *
     * @param previous the stable checkpoint before: up to there nothing is left of them, since nobody votes below one
     */
    void stable(long previous, long sequence, Changes changes) {
        slots.subMap(previous, false, sequence, true).forEach((slot, records) -> {
            records.prePrepared.forEach(digest -> changes.delete(Key.PRE_PREPARED.at(slot, digest)));
            records.prePrepared.clear();
            if (records.prepared) {
                changes.delete(Key.PREPARED.at(slot));
                records.prepared = false;
            }
            records.batches.removeIf(
                    digest -> !digest.equals(records.decided) && delete(new Place(slot, digest), changes));
        });
        bodies.stable(sequence);
    }

    /** False if it has to stay, since another record refers to it. */
    private boolean delete(Place place, Changes changes) {
        boolean isFree = !bodies.isUsed(place);
        if (isFree) {
            bodies.removed(place);
            changes.delete(place.key());
        }
        return isFree;
    }

    /**
     * Nobody asks for decisions up to there any more. The lowest go first, and those that this write does not take with later ones, after a restart too; so does a
     * batch that another refers to, which is at most a window away.
     */
    void forgetDecisions(long sequence, Changes changes) {
        Iterator<Map.Entry<Long, SlotRecords>> needless =
                slots.headMap(sequence, true).entrySet().iterator();
        int forgotten = 0;
        while (forgotten < FORGOTTEN_AT_ONCE && needless.hasNext()) {
            Map.Entry<Long, SlotRecords> entry = needless.next();
            long slot = entry.getKey();
            SlotRecords records = entry.getValue();
            records.batches.removeIf(digest -> delete(new Place(slot, digest), changes));
            if (records.decided != null) {
                changes.delete(Key.DECIDED.at(slot));
                records.decided = null;
            }
            if (records.batches.isEmpty()) {
                needless.remove();
                forgotten++;
            }
        }
    }
}
