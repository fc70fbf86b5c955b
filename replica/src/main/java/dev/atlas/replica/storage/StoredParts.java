package dev.atlas.replica.storage;

import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parts of states on disk, by name: what two states share is stored once. Their keys begin with a number that only grows, so that parts are written in the
 * order of their keys: LevelDB leaves alone what is added behind everything else, and merges again and again what falls between. Owned by the storage thread.
 */
final class StoredParts {

    private final Map<Digest, Long> numbers = new HashMap<>();

    /** Keys of parts that are on disk and in no state any more; one that comes back has another. */
    private final ArrayDeque<byte[]> garbage = new ArrayDeque<>();

    private long next = 1;

    static Digest name(PartDescriptor part) {
        return new Hasher()
                .update(part.id().size())
                .update(part.id().asReadOnlyByteBuffer())
                .update(part.digest())
                .digest();
    }

    static Set<Digest> names(List<PartDescriptor> parts) {
        Set<Digest> names = new HashSet<>();
        parts.forEach(part -> names.add(name(part)));
        return names;
    }

    /** No part that is added from now on is stored under this key, or one before it. */
    void pass(byte[] key) {
        next = Math.max(next, Key.sequence(key) + 1);
    }

    /** A part lies under this key. False if it lies under another already. */
    boolean found(byte[] key) {
        return numbers.putIfAbsent(Key.digest(key), Key.sequence(key)) == null;
    }

    /** The key for a part that is not stored yet; empty if it is. */
    Optional<byte[]> add(Digest name) {
        return numbers.putIfAbsent(name, next) == null
                ? Optional.of(Key.STATE_PART.at(next++, name))
                : Optional.empty();
    }

    /** Where it is stored. */
    Optional<byte[]> key(Digest name) {
        return Optional.ofNullable(numbers.get(name)).map(number -> Key.STATE_PART.at(number, name));
    }

    int size() {
        return numbers.size();
    }

    /** Forgets all parts but these: the others are garbage now. */
    void retain(Set<Digest> names) {
        numbers.entrySet().removeIf(part -> {
            boolean needless = !names.contains(part.getKey());
            if (needless) {
                garbage.add(Key.STATE_PART.at(part.getValue(), part.getKey()));
            }
            return needless;
        });
    }

    boolean hasGarbage() {
        return !garbage.isEmpty();
    }

    /**
     * Deletes garbage, some at a time.
     *
     * @param most bytes of keys, about
     */
    Changes deleteSome(long most) {
        Changes changes = new Changes();
        while (!garbage.isEmpty() && changes.bytes() < most) {
            changes.delete(garbage.remove());
        }
        return changes;
    }
}
