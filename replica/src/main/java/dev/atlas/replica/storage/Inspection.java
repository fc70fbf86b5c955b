package dev.atlas.replica.storage;

import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.pbft.Start;
import dev.atlas.core.wire.BundleCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads everything that a store holds, checks it record by record, and then as a whole, the way a starting replica does. It goes on after a damaged record, so
 * that one look finds them all.
 */
final class Inspection {

    private static final int MOST_PROBLEMS = 20;

    private final Store store;
    private final Map<Key, Size> sizes = new EnumMap<>(Key.class);
    private final TreeMap<Long, Formats.Decided> decided = new TreeMap<>();
    private final List<String> problems = new ArrayList<>();
    private Optional<Identity> identity = Optional.empty();
    private Optional<LogRecord.ViewEntered> newView = Optional.empty();
    private List<OrderingMessage> viewChange = List.of();
    private List<OrderingMessage> stable = List.of();
    private Optional<StateDescriptor> state = Optional.empty();
    private Optional<Start.Recovered> start = Optional.empty();
    private long more;

    /** How much of one kind there is, keys included. */
    record Size(long records, long bytes) {
        Size plus(byte[] key, byte[] value) {
            return new Size(records + 1, bytes + key.length + value.length);
        }
    }

    Inspection(Store store) {
        this.store = store;
    }

    void run() {
        try {
            store.scan(new byte[] {0}, new byte[] {(byte) 0xFF}, (key, value) -> {
                record(key, value);
                return true;
            });
            if (problems.isEmpty()) {
                readAsAReplica();
            }
        } catch (IOException unreadable) {
            problem(unreadable);
        }
    }

    private void record(byte[] key, byte[] value) {
        Optional<Key> kind = Key.kind(key);
        if (kind.isEmpty()) {
            problem("a record of the unknown kind " + key[0]);
            return;
        }
        sizes.merge(
                kind.get(),
                new Size(0, 0).plus(key, value),
                (left, right) -> new Size(left.records + right.records, left.bytes + right.bytes));
        try {
            read(kind.get(), key, value);
        } catch (StorageException damaged) {
            problem(damaged);
        } catch (RuntimeException unreadable) {
            // Sealed, and yet not what it should be.
            problem(Seal.damaged(key, "cannot be read (" + unreadable + ")"));
        }
    }

    private void read(Key kind, byte[] key, byte[] value) throws StorageException {
        switch (kind) {
            case IDENTITY -> identity = Optional.of(Identity.decode(value));
            case STABLE -> stable = Formats.messages(key, value);
            case VIEW_CHANGE -> viewChange = Formats.messages(key, value);
            case NEW_VIEW -> newView = Optional.of(Formats.viewEntered(key, value));
            case PRE_PREPARED -> Formats.number(key, value);
            case PREPARED -> Formats.prepared(key, value);
            case BATCH, STATE_PART -> Seal.open(key, value);
            case DECIDED -> decided.put(Key.sequence(key), Formats.decided(key, value));
            case JOURNAL -> Formats.journal(value);
            case STATE -> state = Optional.of(Formats.state(key, value));
        }
    }

    private void readAsAReplica() throws IOException {
        if (identity.isEmpty()) {
            problem(sizes.isEmpty() ? "there are no records" : "there are records without a replica's identity");
            return;
        }
        Reading reading = new Reading(store, new BundleCodec(identity.get().clusterId()), 0, 0);
        if (reading.read(identity.get().votes()).start() instanceof Start.Recovered recovered) {
            start = Optional.of(recovered);
        }
        reading.parts(orphan -> {});
        checkStateAgainstCertificate();
    }

    private void checkStateAgainstCertificate() {
        if (state.isPresent() && stable().isPresent()) {
            StateDescriptor stored = state.get();
            Checkpoint certified = stable().get();
            if (stored.sequence() == certified.sequence()
                    && !(stored.digest().equals(certified.state())
                            && stored.chain().equals(certified.chain()))) {
                problem("the stored state at " + stored.sequence() + " is not the certified one");
            }
        }
    }

    private void problem(IOException found) {
        problem(String.valueOf(found.getMessage()));
    }

    private void problem(String text) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(text);
        } else {
            more++;
        }
    }

    Map<Key, Size> sizes() {
        return sizes;
    }

    Optional<Identity> identity() {
        return identity;
    }

    Optional<LogRecord.ViewEntered> newView() {
        return newView;
    }

    Optional<OrderingMessage.SignedViewChange> viewChange() {
        return viewChange.stream()
                .filter(OrderingMessage.SignedViewChange.class::isInstance)
                .map(OrderingMessage.SignedViewChange.class::cast)
                .findFirst();
    }

    Optional<OrderingMessage.StableCheckpoint> certificate() {
        return stable.stream()
                .filter(OrderingMessage.StableCheckpoint.class::isInstance)
                .map(OrderingMessage.StableCheckpoint.class::cast)
                .findFirst();
    }

    Optional<Checkpoint> stable() {
        return certificate().map(message -> message.certificate().content());
    }

    Optional<StateDescriptor> state() {
        return state;
    }

    NavigableMap<Long, Formats.Decided> decided() {
        return decided;
    }

    /** What a replica would go on from; only if nothing is damaged. */
    Optional<Start.Recovered> start() {
        return start;
    }

    List<String> problems() {
        return problems;
    }

    /** Problems that are not listed. */
    long more() {
        return more;
    }
}
