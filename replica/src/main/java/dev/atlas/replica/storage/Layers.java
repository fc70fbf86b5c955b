package dev.atlas.replica.storage;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads a store under changes that have not reached it yet, or have reached it in part. Hides what the store keeps of the journal.
 *
 * @param overlays the newest first
 */
record Layers(Store base, List<Overlay> overlays) {

    private static final byte[] JOURNAL = Key.JOURNAL.only();

    Optional<byte[]> get(byte[] key) throws IOException {
        for (Overlay overlay : overlays) {
            Optional<Changes.Change> change = overlay.find(key);
            if (change.isPresent()) {
                return change.get().value();
            }
        }
        return base.get(key);
    }

    void scan(byte[] from, byte[] to, Store.Visitor visitor) throws IOException {
        TreeMap<byte[], Changes.Change> changed = new TreeMap<>(Arrays::compareUnsigned);
        overlays.reversed().forEach(overlay -> changed.putAll(overlay.between(from, to)));
        Merge merge = new Merge(changed, visitor);
        base.scan(from, to, merge::show);
        merge.showRest();
    }

    /** What is changed comes before what the store has at the same key or a later one. */
    private static final class Merge {

        private final NavigableMap<byte[], Changes.Change> changed;
        private final Store.Visitor visitor;
        private boolean wantsMore = true;

        Merge(NavigableMap<byte[], Changes.Change> changed, Store.Visitor visitor) {
            this.changed = changed;
            this.visitor = visitor;
        }

        boolean show(byte[] key, byte[] value) throws IOException {
            boolean isChanged = false;
            Map.Entry<byte[], Changes.Change> next = changed.firstEntry();
            while (wantsMore && next != null && Arrays.compareUnsigned(next.getKey(), key) <= 0) {
                isChanged = Arrays.equals(next.getKey(), key);
                showFirst();
                next = changed.firstEntry();
            }
            if (wantsMore && !isChanged && !Arrays.equals(key, JOURNAL)) {
                wantsMore = visitor.visit(key, value);
            }
            return wantsMore;
        }

        void showRest() throws IOException {
            while (wantsMore && !changed.isEmpty()) {
                showFirst();
            }
        }

        private void showFirst() throws IOException {
            Changes.Change change = changed.pollFirstEntry().getValue();
            if (change.value().isPresent()) {
                wantsMore = visitor.visit(change.key(), change.value().get());
            }
        }
    }
}
