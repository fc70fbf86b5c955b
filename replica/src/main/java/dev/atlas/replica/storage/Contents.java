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

    static final class SlotRecords {
        final Set<Digest> batches = new TreeSet<>();
        final Set<Digest> prePrepared = new TreeSet<>();
        boolean prepared;

        @Nullable
        Digest decided;
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
            records.batches.removeIf(digest -> {
                boolean garbage = !digest.equals(records.decided);
                if (garbage) {
                    changes.delete(Key.BATCH.at(slot, digest));
                }
                return garbage;
            });
        });
    }

    /** Nobody asks for decisions up to there any more. The lowest go first, and those that this write does not take with later ones, after a restart too. */
    void forgetDecisions(long sequence, Changes changes) {
        Iterator<Map.Entry<Long, SlotRecords>> needless =
                slots.headMap(sequence, true).entrySet().iterator();
        for (int forgotten = 0; forgotten < FORGOTTEN_AT_ONCE && needless.hasNext(); forgotten++) {
            Map.Entry<Long, SlotRecords> entry = needless.next();
            entry.getValue().batches.forEach(digest -> changes.delete(Key.BATCH.at(entry.getKey(), digest)));
            if (entry.getValue().decided != null) {
                changes.delete(Key.DECIDED.at(entry.getKey()));
            }
            needless.remove();
        }
    }
}
