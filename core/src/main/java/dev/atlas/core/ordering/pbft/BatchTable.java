package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.Batch;
import dev.atlas.core.ordering.Action;
import dev.atlas.net.crypto.Digest;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Batches by digest, each kept while a slot names it, and those that are named and not here.
 *
 * <p>Bounded by what the slots name: a few digests for each of the window and of the retained log.
 */
final class BatchTable {

    private final Map<Digest, Entry> entries = new HashMap<>();

    /** Those without their batch, in the order in which they were named. A replica that catches up looks at them at every decision. */
    private final Set<Digest> missing = new LinkedHashSet<>();

    /** What each slot names, so that a slot can be forgotten as a whole. */
    private final TreeMap<Long, Set<Digest>> bySequence = new TreeMap<>();

    private long namings;

    /** One digest that some slot names. */
    static final class Entry {
        /** Tells this entry from one for the same digest that no slot named any more in between. */
        private final long naming;

        private final Set<Long> sequences = new TreeSet<>();
        private @Nullable Batch batch;
        private boolean held;
        private boolean verified;

        Entry(long naming) {
            this.naming = naming;
        }

        Optional<Batch> batch() {
            return Optional.ofNullable(batch);
        }

        /** Asks for the bodies of the batch, if that is here. */
        Optional<Action> await(boolean signaturesToo) {
            return batch().map(known -> new Action.AwaitBodies(known, signaturesToo, naming));
        }

        void hold(boolean signaturesToo) {
            held = true;
            verified |= signaturesToo;
        }

        /** All bodies are here, at least by digest. */
        boolean held() {
            return held;
        }

        /** All bodies are here and their signatures are good. */
        boolean verified() {
            return verified;
        }

        Collection<Long> sequences() {
            return List.copyOf(sequences);
        }
    }

    /** Names a digest for a slot, with or without its batch. */
    Entry name(Digest digest, long sequence) {
        Entry entry = entries.get(digest);
        if (entry == null) {
            entry = new Entry(++namings);
            entries.put(digest, entry);
            missing.add(digest);
        }
        entry.sequences.add(sequence);
        bySequence.computeIfAbsent(sequence, slot -> new TreeSet<>()).add(digest);
        return entry;
    }

    /** Adds the batch of a named digest; false if no slot names it or it is here already. */
    boolean supply(Batch batch) {
        Entry entry = entries.get(batch.digest());
        if (entry == null || entry.batch != null) {
            return false;
        }
        entry.batch = batch;
        missing.remove(batch.digest());
        if (batch.bundles().isEmpty()) {
            entry.hold(true);
        }
        return true;
    }

    Optional<Entry> find(Digest digest) {
        return Optional.ofNullable(entries.get(digest));
    }

    Optional<Batch> batch(Digest digest) {
        Entry entry = entries.get(digest);
        return entry == null ? Optional.empty() : entry.batch();
    }

    /** False if the bodies were held for an earlier naming, after which they have been released. */
    boolean bodiesHeld(Digest digest, boolean verified, long naming) {
        Entry entry = entries.get(digest);
        if (entry == null || entry.naming != naming) {
            return false;
        }
        entry.hold(verified);
        return true;
    }

    /** True if no slot names the digest any more, which is then forgotten. */
    boolean release(Digest digest, long sequence) {
        Entry entry = entries.get(digest);
        if (entry == null) {
            return false;
        }
        entry.sequences.remove(sequence);
        forget(digest, sequence);
        if (!entry.sequences.isEmpty()) {
            return false;
        }
        entries.remove(digest);
        missing.remove(digest);
        return true;
    }

    /** Every digest that the slot names, in ascending order. */
    List<Digest> named(long sequence) {
        return List.copyOf(bySequence.getOrDefault(sequence, Set.of()));
    }

    /** Every slot up to {@code last} that names a digest. */
    List<Long> namingThrough(long last) {
        return List.copyOf(bySequence.headMap(last, true).keySet());
    }

    private void forget(Digest digest, long sequence) {
        Set<Digest> named = bySequence.get(sequence);
        if (named != null && named.remove(digest) && named.isEmpty()) {
            bySequence.remove(sequence);
        }
    }

    int missingCount() {
        return missing.size();
    }

    /** Named, needed and not here: those that have been so for longest. */
    List<Digest> missing(int most) {
        return missing.stream().limit(most).toList();
    }
}
