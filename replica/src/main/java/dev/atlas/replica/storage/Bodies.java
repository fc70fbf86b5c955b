package dev.atlas.replica.storage;

import dev.atlas.core.message.Batch;
import dev.atlas.net.crypto.Digest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where bodies lie. Above the stable checkpoint each is written once: with the first batch that names it, and batches that name it later refer to that record. A
 * faulty primary could have 64 MiB written for each of its proposals otherwise, for the few bytes of the same names.
 *
 * <p>A record stays as long as others refer to it. Owned by the storage thread. Takes some 150 bytes for each body above the stable checkpoint.
 */
final class Bodies {

    /** By body: what a batch may refer to. */
    private final Map<Digest, Place> open = new HashMap<>();

    /** The keys of {@link #open} by the slot of their place. */
    private final TreeMap<Long, List<Digest>> openBySlot = new TreeMap<>();

    /** By who refers to them. */
    private final Map<Place, Set<Place>> references = new HashMap<>();

    /** How many refer to a place. */
    private final Map<Place, Integer> users = new HashMap<>();

    private long stable;

    /** Which of a batch's bodies are there already, by index. */
    SortedMap<Integer, Place> elsewhere(Batch batch) {
        SortedMap<Integer, Place> found = new TreeMap<>();
        for (int index = 0; index < batch.bundles().size(); index++) {
            Place place = open.get(batch.bundles().get(index));
            if (place != null) {
                found.put(index, place);
            }
        }
        return found;
    }

    /** A batch's record is there, with the bodies that are not elsewhere. */
    void added(Place place, Batch batch, SortedMap<Integer, Place> elsewhere) {
        if (place.sequence() > stable) {
            for (int index = 0; index < batch.bundles().size(); index++) {
                Digest body = batch.bundles().get(index);
                if (!elsewhere.containsKey(index) && open.putIfAbsent(body, place) == null) {
                    openBySlot
                            .computeIfAbsent(place.sequence(), slot -> new ArrayList<>())
                            .add(body);
                }
            }
        }
        if (!elsewhere.isEmpty()) {
            Set<Place> places = Set.copyOf(elsewhere.values());
            references.put(place, places);
            places.forEach(each -> users.merge(each, 1, Integer::sum));
        }
    }

    /** Nothing refers to records up to there any more than does so already: what is open is bounded by the window. */
    void stable(long sequence) {
        stable = Math.max(stable, sequence);
        Map<Long, List<Digest>> closed = openBySlot.headMap(stable, true);
        closed.values().forEach(bodies -> bodies.forEach(open::remove));
        closed.clear();
    }

    boolean isUsed(Place place) {
        return users.containsKey(place);
    }

    /** All that somebody refers to. */
    Set<Place> used() {
        return users.keySet();
    }

    /** A record that is not {@linkplain #isUsed used} goes. */
    void removed(Place place) {
        Set<Place> released = references.remove(place);
        if (released != null) {
            released.forEach(each -> users.computeIfPresent(each, (used, count) -> count == 1 ? null : count - 1));
        }
    }
}
