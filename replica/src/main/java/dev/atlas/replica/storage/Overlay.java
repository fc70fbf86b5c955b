package dev.atlas.replica.storage;

import java.util.Arrays;
import java.util.Collection;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The last change of each key over some time. Bytes are shared with whoever wrote them, who must leave them as they are. Not thread-safe; may be read by several
 * threads when nothing is added any more.
 */
final class Overlay {

    private final TreeMap<byte[], Changes.Change> last = new TreeMap<>(Arrays::compareUnsigned);

    void add(Changes changes) {
        changes.all().forEach(change -> last.put(change.key(), change));
    }

    Optional<Changes.Change> find(byte[] key) {
        return Optional.ofNullable(last.get(key));
    }

    NavigableMap<byte[], Changes.Change> between(byte[] from, byte[] to) {
        return last.subMap(from, true, to, false);
    }

    Collection<Changes.Change> all() {
        return last.values();
    }

    boolean isEmpty() {
        return last.isEmpty();
    }
}
