package dev.atlas.replica.storage;

import dev.atlas.net.crypto.Digest;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which records of slots are on disk, so that they are pruned without being read. Owned by the storage thread. Holds the window, the retained log, and what
 * was decided since the stored state.
 */
final class Contents {

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

    /** The stable checkpoint is there: votes up to it are garbage, and so are batches that were not decided. */
    void stable(long sequence, Changes changes) {
        slots.headMap(sequence, true).forEach((slot, records) -> {
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

    /** Nobody asks for decisions up to there any more. */
    void forgetDecisions(long sequence, Changes changes) {
        for (Map.Entry<Long, SlotRecords> entry : slots.headMap(sequence, true).entrySet()) {
            entry.getValue().batches.forEach(digest -> changes.delete(Key.BATCH.at(entry.getKey(), digest)));
            if (entry.getValue().decided != null) {
                changes.delete(Key.DECIDED.at(entry.getKey()));
            }
        }
        slots.headMap(sequence, true).clear();
    }
}
