package dev.atlas.it.sim.disk;

import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.replica.storage.Changes;
import dev.atlas.replica.storage.Disk;
import dev.atlas.replica.storage.StorageException;
import dev.atlas.replica.storage.Store;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An ordered map in memory that survives its process: what was synced for certain, what was not as far as chance has it, in order, and whole writes only, as a
 * log with checksums gives it back.
 */
public final class SimDisk implements Disk {

    private static final int MOST_LATENCY_NANOS = 4_000_000;

    private final Randomness random;
    private final TreeMap<byte[], byte[]> durable = new TreeMap<>(Arrays::compareUnsigned);
    private final ArrayDeque<Changes> unsynced = new ArrayDeque<>();
    private @Nullable SimProcess process;
    private @Nullable SimStore open;
    private long writes;
    private long breakAt = Long.MAX_VALUE;
    private Moment breakMoment = Moment.REACHED;
    private Runnable atBreak = () -> {};
    private Optional<String> fault = Optional.empty();
    private long failures;

    public SimDisk(Randomness random) {
        this.random = random;
    }

    /** How far a write has come. */
    public enum Moment {
        /** On its way: it is there after a crash, or it is not. */
        UNDER_WAY,
        /** Durable, and nobody has heard of it. */
        REACHED
    }

    /** The process whose time its writes take. */
    public void attach(SimProcess user) {
        process = user;
    }

    /** Writes so far, over all lives of the process. */
    public long writes() {
        return writes;
    }

    /** Runs an action, once, in a write that never returns: the action must end the process. */
    public void at(long write, Moment moment, Runnable action) {
        breakAt = write;
        breakMoment = moment;
        atBreak = action;
    }

    /** From now on every write fails, like those to a broken or a full disk; of the first, nobody knows whether it has happened. */
    public void fail(String message) {
        fault = Optional.of(message);
        failures = 0;
    }

    /** How many writes have failed since {@link #fail}. */
    public long failures() {
        return failures;
    }

    public boolean isFailing() {
        return fault.isPresent();
    }

    /** Repairs what {@link #fail} broke. */
    public void repair() {
        fault = Optional.empty();
    }

    /** The process is gone: of what was not synced, an arbitrary beginning survives. */
    public void crash() {
        open = null;
        process = null;
        int survive = random.chance(0.3) ? 0 : random.between(0, unsynced.size());
        for (int index = 0; index < survive; index++) {
            apply(unsynced.remove());
        }
        unsynced.clear();
    }

    /** A new, empty disk takes its place. */
    public void wipe() {
        durable.clear();
        unsynced.clear();
    }

    public boolean isEmpty() {
        return durable.isEmpty();
    }

    /** A copy of everything that is durable. */
    public SortedMap<byte[], byte[]> contents() {
        TreeMap<byte[], byte[]> copy = new TreeMap<>(Arrays::compareUnsigned);
        durable.forEach((key, value) -> copy.put(key, value.clone()));
        return copy;
    }

    /** Puts something else there. */
    public void contents(SortedMap<byte[], byte[]> other) {
        wipe();
        other.forEach((key, value) -> durable.put(key, value.clone()));
    }

    /** Flips a bit of a random record, of which there must be one. Returns the record's kind. */
    public char flipBit() {
        List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>(durable.entrySet());
        Map.Entry<byte[], byte[]> entry = entries.get(random.below(entries.size()));
        byte[] value = entry.getValue();
        value[random.below(value.length)] ^= (byte) (1 << random.below(Byte.SIZE));
        return (char) entry.getKey()[0];
    }

    @Override
    public Store open() throws IOException {
        if (open != null) {
            throw new StorageException("the disk is in use");
        }
        open = new SimStore();
        return open;
    }

    private void apply(Changes changes) {
        for (Changes.Change change : changes.all()) {
            change.value()
                    .ifPresentOrElse(
                            value -> durable.put(change.key(), value.clone()), () -> durable.remove(change.key()));
        }
    }

    private void flush() {
        while (!unsynced.isEmpty()) {
            apply(unsynced.remove());
        }
    }

    private final class SimStore implements Store {

        @Override
        public Optional<byte[]> get(byte[] key) throws IOException {
            return Optional.ofNullable(view().get(key));
        }

        @Override
        public void scan(byte[] from, byte[] to, Visitor visitor) throws IOException {
            for (Map.Entry<byte[], byte[]> entry :
                    List.copyOf(view().subMap(from, true, to, false).entrySet())) {
                if (!visitor.visit(entry.getKey(), entry.getValue())) {
                    return;
                }
            }
        }

        /** What the process itself reads back. */
        private NavigableMap<byte[], byte[]> view() {
            if (unsynced.isEmpty()) {
                return durable;
            }
            TreeMap<byte[], byte[]> merged = new TreeMap<>(durable);
            for (Changes changes : unsynced) {
                for (Changes.Change change : changes.all()) {
                    change.value()
                            .ifPresentOrElse(
                                    value -> merged.put(change.key(), value), () -> merged.remove(change.key()));
                }
            }
            return merged;
        }

        @Override
        public void write(Changes changes, boolean synced) throws IOException {
            checkOpen();
            if (fault.isPresent() && random.chance(0.5)) {
                failures++;
                throw new IOException(fault.get());
            }
            unsynced.add(changes);
            writes++;
            pass();
            checkOpen();
            if (fault.isPresent()) {
                failures++;
                throw new IOException(fault.get());
            }
            breakIf(Moment.UNDER_WAY);
            if (synced) {
                flush();
            }
            breakIf(Moment.REACHED);
        }

        @Override
        public void sync() throws IOException {
            checkOpen();
            pass();
            if (fault.isPresent()) {
                failures++;
                throw new IOException(fault.get());
            }
            flush();
        }

        private void breakIf(Moment moment) throws IOException {
            if (writes == breakAt && moment == breakMoment) {
                breakAt = Long.MAX_VALUE;
                atBreak.run();
                while (open == this) {
                    pass();
                }
            }
        }

        private void checkOpen() throws IOException {
            if (open != this) {
                throw new IOException("closed");
            }
        }

        /** A crash can come in here. */
        private void pass() throws IOException {
            SimProcess user = process;
            if (user == null) {
                return;
            }
            try {
                user.environment().sleep(Duration.ofNanos(1 + random.below(MOST_LATENCY_NANOS)));
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }

        /** Syncs nothing: who wants that says so before. */
        @Override
        public void close() {
            open = null;
        }
    }
}
