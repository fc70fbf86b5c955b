package dev.atlas.replica.storage;

import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.pbft.Start;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.net.crypto.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Reads a store from end to end, checks what it reads, and makes of it what a replica begins with. On the storage thread. */
final class Reading {

    private static final int BYTES_AT_ONCE = 8 << 20;
    private static final String NOT_THERE = "is named and not there";

    private final Store store;
    private final BundleCodec codec;
    private final long retained;
    private final long retainedBytes;
    private final Contents contents = new Contents();
    private final List<LogRecord> records = new ArrayList<>();
    private final TreeMap<Long, Formats.Decided> decided = new TreeMap<>();
    private final Map<Digest, Remembered.Held> held = new LinkedHashMap<>();

    /** The bodies of batches that others refer to: however many do, each body is in memory once. */
    private final Map<Place, Map<Digest, RequestBundle>> shared = new HashMap<>();

    private Optional<StateDescriptor> state = Optional.empty();
    private Optional<Checkpoint> certified = Optional.empty();
    private long stable;

    /**
     * @param retained how many decisions below the stable checkpoint are kept in memory
     * @param retainedBytes of their bodies, about
     */
    Reading(Store store, BundleCodec codec, long retained, long retainedBytes) {
        this.store = store;
        this.codec = codec;
        this.retained = retained;
        this.retainedBytes = retainedBytes;
    }

    Contents contents() {
        return contents;
    }

    /** Sequence number of the stable checkpoint. */
    long stable() {
        return stable;
    }

    /** The stable checkpoint, unless it is the genesis. */
    Optional<Checkpoint> certified() {
        return certified;
    }

    Optional<StateDescriptor> state() {
        return state;
    }

    /**
     * @param votes whether what was said is remembered: if not, it is of no use
     */
    Remembered read(boolean votes) throws IOException {
        readSingles(votes);
        index();
        long executed = state.map(StateDescriptor::sequence).orElse(0L);
        Digest chain = state.map(StateDescriptor::chain).orElse(Digest.ZERO);
        long head = executed;
        for (long next = executed + 1; decided.containsKey(next); next++) {
            Formats.Decided decision = decision(next);
            chain = Chain.next(chain, next, decision.batch());
            if (!chain.equals(decision.chain())) {
                throw Seal.damaged(Key.DECIDED.at(next), "breaks the chain of decisions");
            }
            head = next;
        }
        if (votes) {
            readVotes();
        }
        List<Start.Decision> decisions = new ArrayList<>();
        for (long sequence = firstRetained(head); sequence <= head; sequence++) {
            Formats.Decided decision = decision(sequence);
            Batch batch = hold(sequence, decision.batch(), false, true);
            decisions.add(new Start.Decision(decision.view(), sequence, batch, decision.chain()));
        }
        return new Remembered(
                new Start.Recovered(votes, records, executed, head, chain, decisions), List.copyOf(held.values()));
    }

    /** Where the retained part of the log without a gap up to {@code head} begins. */
    private long firstRetained(long head) throws IOException {
        long first = head + 1;
        long bytes = 0;
        while (first - 1 > stable - retained
                && decided.containsKey(first - 1)
                && (first - 1 > stable || bytes < retainedBytes)) {
            first--;
            Digest batch = decision(first).batch();
            hold(first, batch, false, true);
            Remembered.Held read = held.get(batch);
            bytes += read == null
                    ? 0
                    : read.bundles().stream()
                            .mapToLong(RequestBundle::footprint)
                            .sum();
        }
        return first;
    }

    private Formats.Decided decision(long sequence) {
        Formats.Decided decision = decided.get(sequence);
        if (decision == null) {
            throw new IllegalStateException("no decision at " + sequence);
        }
        return decision;
    }

    private void readSingles(boolean votes) throws IOException {
        byte[] key = Key.STABLE.only();
        for (OrderingMessage message : readMessages(key)) {
            if (message instanceof OrderingMessage.StableCheckpoint checkpoint) {
                records.add(new LogRecord.Stable(checkpoint.certificate()));
                Checkpoint content = checkpoint.certificate().content();
                certified = Optional.of(content);
                stable = content.sequence();
            }
        }
        Optional<byte[]> newView = store.get(Key.NEW_VIEW.only());
        if (newView.isPresent()) {
            records.add(Formats.viewEntered(Key.NEW_VIEW.only(), newView.get()));
        }
        if (votes) {
            for (OrderingMessage message : readMessages(Key.VIEW_CHANGE.only())) {
                if (message instanceof OrderingMessage.SignedViewChange viewChange) {
                    records.add(new LogRecord.ViewChanging(viewChange.signed()));
                }
            }
        }
        Optional<byte[]> stored = store.get(Key.STATE.only());
        if (stored.isPresent()) {
            state = Optional.of(Formats.state(Key.STATE.only(), stored.get()));
        }
    }

    private List<OrderingMessage> readMessages(byte[] key) throws IOException {
        Optional<byte[]> record = store.get(key);
        return record.isPresent() ? Formats.messages(key, record.get()) : List.of();
    }

    private void index() throws IOException {
        contents.bodies().stable(stable);
        store.scan(Key.BATCH.only(), Key.BATCH.end(), (key, value) -> {
            Place place = new Place(Key.sequence(key), Key.digest(key));
            Formats.Outline outline = Formats.outline(place, value);
            contents.at(place.sequence()).batches.add(place.batch());
            contents.bodies().added(place, outline.batch(), outline.elsewhere());
            return true;
        });
        for (Place place : contents.bodies().used()) {
            if (!contents.at(place.sequence()).batches.contains(place.batch())) {
                throw Seal.damaged(place.key(), NOT_THERE);
            }
        }
        store.scan(Key.DECIDED.only(), Key.DECIDED.end(), (key, value) -> {
            Formats.Decided decision = Formats.decided(key, value);
            Contents.SlotRecords slot = contents.at(Key.sequence(key));
            slot.decided = decision.batch();
            if (!slot.batches.contains(decision.batch())) {
                throw Seal.damaged(key, "names a batch that is not there");
            }
            decided.put(Key.sequence(key), decision);
            return true;
        });
    }

    private void readVotes() throws IOException {
        store.scan(Key.PRE_PREPARED.only(), Key.PRE_PREPARED.end(), (key, value) -> {
            long sequence = Key.sequence(key);
            Digest digest = Key.digest(key);
            long view = Formats.number(key, value);
            contents.at(sequence).prePrepared.add(digest);
            if (sequence > stable) {
                records.add(new LogRecord.PrePrepared(view, sequence, hold(sequence, digest, true, false)));
            }
            return true;
        });
        store.scan(Key.PREPARED.only(), Key.PREPARED.end(), (key, value) -> {
            long sequence = Key.sequence(key);
            Formats.LastPrepared prepared = Formats.prepared(key, value);
            contents.at(sequence).prepared = true;
            if (sequence > stable) {
                records.add(new LogRecord.Prepared(prepared.view(), sequence, prepared.batch()));
            }
            return true;
        });
    }

    private Batch hold(long sequence, Digest digest, boolean verified, boolean isDecided) throws IOException {
        Remembered.Held known = held.get(digest);
        Batch batch;
        if (known == null) {
            Place place = new Place(sequence, digest);
            Formats.Stored found = stored(place);
            batch = found.outline().batch();
            held.put(digest, new Remembered.Held(batch, bodies(place, found), verified, isDecided));
        } else {
            batch = known.batch();
            held.put(
                    digest,
                    new Remembered.Held(
                            batch, known.bundles(), known.verified() || verified, known.decided() || isDecided));
        }
        return batch;
    }

    private Formats.Stored stored(Place place) throws IOException {
        Optional<byte[]> record = store.get(place.key());
        if (record.isEmpty()) {
            throw Seal.damaged(place.key(), NOT_THERE);
        }
        return Formats.stored(place, record.get(), codec);
    }

    /** All bodies of a batch. */
    private List<RequestBundle> bodies(Place place, Formats.Stored found) throws IOException {
        if (contents.bodies().isUsed(place)) {
            share(place, found);
        }
        List<Digest> names = found.outline().batch().bundles();
        Map<Integer, Place> elsewhere = found.outline().elsewhere();
        if (names.size() != elsewhere.size() + found.bodies().size()) {
            throw Seal.damaged(place.key(), "holds too few bodies, or too many");
        }
        Iterator<RequestBundle> own = found.bodies().iterator();
        List<RequestBundle> all = new ArrayList<>();
        for (int index = 0; index < names.size(); index++) {
            Place other = elsewhere.get(index);
            all.add(other == null ? own.next() : body(other, names.get(index)));
        }
        return all;
    }

    private RequestBundle body(Place place, Digest name) throws IOException {
        Map<Digest, RequestBundle> bodies = shared.get(place);
        if (bodies == null) {
            bodies = share(place, stored(place));
        }
        RequestBundle body = bodies.get(name);
        if (body == null) {
            throw Seal.damaged(place.key(), "does not hold a body that another names");
        }
        return body;
    }

    private Map<Digest, RequestBundle> share(Place place, Formats.Stored found) {
        Map<Digest, RequestBundle> bodies = new HashMap<>();
        found.bodies().forEach(body -> bodies.put(body.digest(), body));
        shared.put(place, bodies);
        return bodies;
    }

    /** Decisions from {@code first} on, until one is missing, or there are many bytes. */
    static List<DecidedBatch> decisions(Store store, BundleCodec codec, long first, int most) throws IOException {
        Reading reading = new Reading(store, codec, 0, 0);
        List<DecidedBatch> found = new ArrayList<>();
        long bytes = 0;
        for (long sequence = first; found.size() < most && bytes < BYTES_AT_ONCE; sequence++) {
            byte[] key = Key.DECIDED.at(sequence);
            Optional<byte[]> record = store.get(key);
            if (record.isEmpty()) {
                break;
            }
            Formats.Decided decision = Formats.decided(key, record.get());
            Place place = new Place(sequence, decision.batch());
            Formats.Stored stored = reading.stored(place);
            DecidedBatch decided = new DecidedBatch(
                    decision.view(),
                    sequence,
                    stored.outline().batch(),
                    reading.bodies(place, stored),
                    decision.chain());
            found.add(decided);
            bytes += decided.footprint();
        }
        return found;
    }

    /**
     * The parts of the stored state.
     *
     * @param orphans is given the keys of the others: left by a state that was being stored when the replica ended
     */
    StoredParts parts(Consumer<byte[]> orphans) throws IOException {
        Set<Digest> named = StoredParts.names(state.map(StateDescriptor::parts).orElse(List.of()));
        StoredParts parts = new StoredParts();
        store.scan(Key.STATE_PART.only(), Key.STATE_PART.end(), (key, value) -> {
            parts.pass(key);
            if (named.contains(Key.digest(key)) && parts.found(key)) {
                Seal.open(key, value);
            } else {
                orphans.accept(key);
            }
            return true;
        });
        if (parts.size() < named.size()) {
            throw Seal.damaged(Key.STATE.only(), "names parts that are not there");
        }
        return parts;
    }

    /** Keys of votes, which a replica that is a learner now has no use for. */
    static List<byte[]> votes(Store store) throws IOException {
        List<byte[]> keys = new ArrayList<>();
        for (Key kind : List.of(Key.PRE_PREPARED, Key.PREPARED, Key.VIEW_CHANGE)) {
            store.scan(kind.only(), kind.end(), (key, value) -> {
                keys.add(key);
                return true;
            });
        }
        return keys;
    }
}
