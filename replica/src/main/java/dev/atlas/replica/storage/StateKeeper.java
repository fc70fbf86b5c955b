package dev.atlas.replica.storage;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.net.crypto.Digest;
import dev.atlas.replica.metrics.StateStoredEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Stores states at stable checkpoints, a few parts at a time between other writes. Parts that the stored state shares with the one before are not written again.
 * The descriptor is switched in one write when all parts are there: until then the state before counts. What only that one had is deleted after it, some at a time,
 * too; what is left of it when the replica ends, the next start removes. Owned by the storage thread.
 *
 * <p>A state whose checkpoint is not stable yet would take the place of the last one that can be proved: after a failure of all replicas nobody could give that to
 * one that lacks it, and where it is needed for the next checkpoint to become stable, there would never be another. Nor does one take its place that the others
 * have certified to be another: this replica has gone wrong, and the stored one is its last good state.
 */
final class StateKeeper {

    /** Parts of so many bytes, or keys of those to be deleted, are written together: small ones, each synced, would cost a sync each; larger groups would hold up votes. */
    private static final long BYTES_AT_ONCE = 256 * 1024;

    /** The same for a state that was demanded: its replica is behind, and checkpoints wait for all of it. */
    private static final long DEMANDED_BYTES_AT_ONCE = 2 * 1024 * 1024;

    /** So many parts are looked at together: most may be stored already, and each costs a hash. */
    private static final int PARTS_AT_ONCE = 4096;

    private static final int MOST_CERTIFIED = 256;

    private final Store store;
    private final boolean synced;
    private Optional<StateDescriptor> stored;
    private final StoredParts storedParts;

    /** By sequence number; no more than there are checkpoints in the window. */
    private final TreeMap<Long, CheckpointSnapshot> notStable = new TreeMap<>();

    /** By sequence number, the newest {@value #MOST_CERTIFIED}: this replica may come to a checkpoint long after the others. */
    private final TreeMap<Long, Checkpoint> certified = new TreeMap<>();

    private long stable;
    private @Nullable CheckpointSnapshot next;
    private @Nullable CheckpointSnapshot current;
    private List<PartDescriptor> parts = List.of();
    /** Of those that are done. */
    private final Set<Digest> names = new HashSet<>();

    private int done;
    private long written;

    /** Bytes of the log since the stored state, and what storing that one took: it is stored again when it costs no more than what it saves. */
    private long logged;

    private long costs;

    private boolean demanded;

    /** Since the descriptor was switched. */
    private boolean isSwitchUnsynced;

    private StateStoredEvent event = new StateStoredEvent();

    /**
     * @param parts of the stored state
     * @param stable the stable checkpoint
     */
    StateKeeper(
            Store store,
            boolean synced,
            Optional<StateDescriptor> stored,
            StoredParts parts,
            Optional<Checkpoint> stable) {
        this.store = store;
        this.synced = synced;
        this.stored = stored;
        this.storedParts = parts;
        stable.ifPresent(this::stable);
    }

    /** Where a part of the stored state lies. */
    Optional<byte[]> key(PartDescriptor part) {
        return storedParts.key(StoredParts.name(part));
    }

    long sequence() {
        return stored.map(StateDescriptor::sequence).orElse(0L);
    }

    void logged(long bytes) {
        logged += bytes;
    }

    /** A new state, to be stored once its checkpoint is stable; of those that are, the newest counts. */
    void offer(CheckpointSnapshot snapshot) {
        notStable.put(snapshot.descriptor().sequence(), snapshot);
        choose();
    }

    void stable(Checkpoint checkpoint) {
        stable = Math.max(stable, checkpoint.sequence());
        certified.put(checkpoint.sequence(), checkpoint);
        if (certified.size() > MOST_CERTIFIED) {
            certified.pollFirstEntry();
        }
        choose();
    }

    private void choose() {
        NavigableMap<Long, CheckpointSnapshot> proved = notStable.headMap(stable, true);
        if (proved.isEmpty()) {
            return;
        }
        StateDescriptor newest = proved.lastEntry().getValue().descriptor();
        if (!demanded && logged >= costs && newest.sequence() > sequence() && !isRefuted(newest)) {
            next = proved.lastEntry().getValue();
        }
        proved.clear();
    }

    /** Whether the others have certified another. */
    private boolean isRefuted(StateDescriptor state) {
        Checkpoint proof = certified.get(state.sequence());
        return proof != null
                && !(proof.chain().equals(state.chain()) && proof.state().equals(state.digest()));
    }

    /** A state that the log does not lead to, so that its own must not be waited for. It takes the place of what led to those that were offered. */
    void demand(CheckpointSnapshot snapshot) {
        notStable.clear();
        if (stored.filter(snapshot.descriptor()::equals).isPresent()) {
            return;
        }
        // What was written of another is garbage when this one is complete.
        current = null;
        next = snapshot;
        demanded = true;
    }

    /** Whether a state that was {@linkplain #demand demanded} is not stored yet. */
    boolean isDemanded() {
        return demanded;
    }

    /** Whether {@link #step} has something to do. */
    boolean isBusy() {
        return storedParts.hasGarbage() || current != null || next != null;
    }

    /**
     * Deletes or writes some parts, or finishes; empty if there is nothing to do. What it returns is to be written in one step with what else follows from it. One
     * state's garbage is deleted before the next is written, so that it does not pile up.
     */
    Optional<Changes> step() throws IOException {
        if (storedParts.hasGarbage()) {
            syncSwitch();
            store.write(storedParts.deleteSome(BYTES_AT_ONCE), synced);
            return Optional.of(new Changes());
        }
        if (current == null) {
            current = next;
            next = null;
            if (current == null) {
                return Optional.empty();
            }
            parts = current.descriptor().parts();
            names.clear();
            done = 0;
            written = 0;
            logged = 0;
            event = new StateStoredEvent();
            event.begin();
        }
        long most = demanded ? DEMANDED_BYTES_AT_ONCE : BYTES_AT_ONCE;
        Changes some = new Changes();
        for (int looks = 0; isPartLeft() && looks < PARTS_AT_ONCE && some.bytes() < most; looks++) {
            Digest name = StoredParts.name(parts.get(done));
            names.add(name);
            Optional<byte[]> key = storedParts.add(name);
            if (key.isPresent()) {
                ByteString part = bytes(current, done);
                written += part.size();
                ByteBuffer record = Seal.room(part.size());
                part.copyTo(record);
                some.put(key.get(), Seal.close(key.get(), record));
            }
            done++;
        }
        if (!some.isEmpty()) {
            store.write(some, synced);
        }
        if (!some.isEmpty() || isPartLeft()) {
            return Optional.of(new Changes());
        }
        if (!synced) {
            store.sync(); // or power might fail with the descriptor on disk and not its parts
        }
        return Optional.of(finish(current.descriptor()));
    }

    private boolean isPartLeft() {
        return done < parts.size();
    }

    /** Or power might fail with parts deleted and the descriptor of their state still on disk. */
    private void syncSwitch() throws IOException {
        if (isSwitchUnsynced) {
            store.sync();
            isSwitchUnsynced = false;
        }
    }

    /**
     * May run the application. An interrupt that it leaves behind is nobody's wish, and would close the journal under the next write. What it throws stops the
     * replica, as where a state is hashed: without its state on disk its log could never end.
     */
    private static ByteString bytes(CheckpointSnapshot state, int index) {
        try {
            return state.part(index).bytes();
        } catch (RuntimeException failed) {
            throw new IllegalStateException(
                    "the application has failed to write part " + index + " of its state at "
                            + state.descriptor().sequence(),
                    failed);
        } finally {
            Thread.interrupted();
        }
    }

    private Changes finish(StateDescriptor descriptor) {
        byte[] key = Key.STATE.only();
        Changes changes = new Changes().put(key, Formats.state(key, descriptor));
        storedParts.retain(names);
        isSwitchUnsynced = !synced;
        stored = Optional.of(descriptor);
        current = null;
        demanded = false;
        costs = written;
        event.sequence = descriptor.sequence();
        event.parts = parts.size();
        event.bytes = written;
        event.commit();
        return changes;
    }
}
