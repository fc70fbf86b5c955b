package dev.atlas.replica.storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A map in memory that remembers what it looked like after each write. Everything written survives: what does not, the simulator's disk loses. */
final class MemoryDisk implements Disk {

    private final List<TreeMap<byte[], byte[]>> history = new ArrayList<>();
    private final List<Changes> writes = new ArrayList<>();
    private final List<Boolean> synced = new ArrayList<>();
    private final Set<Integer> syncs = new HashSet<>();
    private TreeMap<byte[], byte[]> contents = new TreeMap<>(Arrays::compareUnsigned);
    private volatile Optional<String> fault = Optional.empty();
    private volatile Runnable beforeWrite = () -> {};
    private int reads;
    private int closes;

    MemoryDisk() {}

    private MemoryDisk(TreeMap<byte[], byte[]> contents) {
        this.contents = copy(contents);
    }

    /** As power lost after that write leaves it; 0 is before the first. */
    MemoryDisk after(int write) {
        return new MemoryDisk(history.get(write - 1));
    }

    MemoryDisk copy() {
        return new MemoryDisk(contents);
    }

    int writes() {
        return writes.size();
    }

    /** Of single entries; asked on the storage thread. */
    int reads() {
        return reads;
    }

    int closes() {
        return closes;
    }

    List<Changes> changes() {
        return List.copyOf(writes);
    }

    boolean isSynced(int write) {
        return synced.get(write - 1);
    }

    /** Whether what was written before was synced between that and this write. */
    boolean isSyncedBefore(int write) {
        return syncs.contains(write - 1);
    }

    TreeMap<byte[], byte[]> contents() {
        return contents;
    }

    void fail(String message) {
        fault = Optional.of(message);
    }

    void beforeWrite(Runnable action) {
        beforeWrite = action;
    }

    /** Keys and values as text, to be compared. */
    String text() {
        StringBuilder text = new StringBuilder();
        contents.forEach((key, value) ->
                text.append(Arrays.toString(key)).append(Arrays.toString(value)).append('\n'));
        return text.toString();
    }

    private static TreeMap<byte[], byte[]> copy(TreeMap<byte[], byte[]> original) {
        TreeMap<byte[], byte[]> copy = new TreeMap<>(Arrays::compareUnsigned);
        original.forEach((key, value) -> copy.put(key.clone(), value.clone()));
        return copy;
    }

    @Override
    public Store open() {
        return new Opened();
    }

    private final class Opened implements Store {

        @Override
        public Optional<byte[]> get(byte[] key) {
            reads++;
            return Optional.ofNullable(contents.get(key));
        }

        @Override
        public void scan(byte[] from, byte[] to, Visitor visitor) throws IOException {
            for (var entry : copy(contents).subMap(from, true, to, false).entrySet()) {
                if (!visitor.visit(entry.getKey(), entry.getValue())) {
                    return;
                }
            }
        }

        @Override
        public void write(Changes changes, boolean isSynced) throws IOException {
            beforeWrite.run();
            if (fault.isPresent()) {
                throw new IOException(fault.get());
            }
            for (Changes.Change change : changes.all()) {
                change.value()
                        .ifPresentOrElse(
                                value -> contents.put(change.key(), value), () -> contents.remove(change.key()));
            }
            writes.add(changes);
            synced.add(isSynced);
            history.add(copy(contents));
        }

        @Override
        public void sync() {
            syncs.add(writes.size());
        }

        @Override
        public void close() {
            closes++;
        }
    }
}
