package dev.atlas.replica.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Puts and deletions that happen together, in order. Not thread-safe. */
public final class Changes {

    private final List<Change> changes = new ArrayList<>();
    private long bytes;

    /** One of them; without a value, a deletion. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Change(byte[] key, Optional<byte[]> value) {}

    public Changes put(byte[] key, byte[] value) {
        return add(new Change(key, Optional.of(value)));
    }

    public Changes delete(byte[] key) {
        return add(new Change(key, Optional.empty()));
    }

    Changes add(Change change) {
        changes.add(change);
        bytes += change.key.length + change.value.map(value -> value.length).orElse(0);
        return this;
    }

    public List<Change> all() {
        return changes;
    }

    /** Size of keys and values. */
    public long bytes() {
        return bytes;
    }

    public boolean isEmpty() {
        return changes.isEmpty();
    }
}
