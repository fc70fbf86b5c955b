package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.exec.state.Subtree.Place;
import dev.atlas.net.crypto.Digest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A few entries in the order of their keys. */
final class Leaf extends Node {

    private byte[][] entries;
    private long bytes;

    Leaf(Edit owner, byte[][] entries) {
        super(owner, entries.length);
        this.entries = entries;
        for (byte[] entry : entries) {
            bytes += entry.length;
        }
    }

    private Leaf(Edit owner, Leaf original) {
        super(owner, original);
        this.entries = original.entries.clone();
        this.bytes = original.bytes;
    }

    @Override
    long entries() {
        return entries.length;
    }

    @Override
    long bytes() {
        return bytes;
    }

    @Override
    byte @Nullable [] find(Path path, int depth, ByteString key) {
        int index = indexOf(key);
        return index < 0 ? null : entries[index];
    }

    @Override
    Node put(Edit edit, Path path, int depth, ByteString key, byte[] entry) {
        int index = indexOf(key);
        Leaf target = owned(edit);
        if (index >= 0) {
            edit.previous = entries[index];
            target.replace(index, entry);
        } else {
            edit.previous = null;
            target.insert(-index - 1, entry);
        }
        return fitsLeaf(target.entries.length, target.bytes, depth) ? target : target.split(edit, depth);
    }

    @Override
    @Nullable
    Node graft(Edit edit, Place place, int depth, Node subtree) {
        return null;
    }

    @Override
    @Nullable
    Node remove(Edit edit, Path path, int depth, ByteString key) {
        int index = indexOf(key);
        if (index < 0) {
            edit.previous = null;
            return this;
        }
        edit.previous = entries[index];
        if (entries.length == 1) {
            return null;
        }
        Leaf target = owned(edit);
        target.remove(index);
        return target;
    }

    private Leaf owned(Edit edit) {
        return owner == edit ? this : new Leaf(edit, this);
    }

    private void replace(int index, byte[] entry) {
        bytes += entry.length - entries[index].length;
        entries[index] = entry;
        changed(index);
    }

    private void insert(int index, byte[] entry) {
        bytes += entry.length;
        byte[][] more = new byte[entries.length + 1][];
        System.arraycopy(entries, 0, more, 0, index);
        more[index] = entry;
        System.arraycopy(entries, index, more, index + 1, entries.length - index);
        entries = more;
        inserted(index);
    }

    private void remove(int index) {
        bytes -= entries[index].length;
        byte[][] fewer = new byte[entries.length - 1][];
        System.arraycopy(entries, 0, fewer, 0, index);
        System.arraycopy(entries, index + 1, fewer, index, fewer.length - index);
        entries = fewer;
        removed(index);
    }

    private Node split(Edit edit, int depth) {
        byte @Nullable [] previous = edit.previous;
        Node branch = new Branch(edit);
        for (byte[] entry : entries) {
            ByteString key = Entries.key(entry);
            branch = branch.put(edit, Path.of(key), depth, key, entry);
        }
        edit.previous = previous;
        return branch;
    }

    @Override
    void forEach(Consumer<byte[]> action) {
        for (byte[] entry : entries) {
            action.accept(entry);
        }
    }

    @Override
    byte kind() {
        return LEAF_KIND;
    }

    @Override
    void look(Sweep sweep) {
        sweep.lookAtLeafRow(row());
        sweep.seen += entries.length;
    }

    @Override
    void descend(int missing, Sweep sweep, int self) {
        for (int rest = missing & present(); rest != 0; rest &= rest - 1) {
            sweep.lookAtEntry(entries[Integer.numberOfTrailingZeros(rest)]);
        }
    }

    @Override
    void hashItems(int missing, Scratch scratch) {
        byte[] row = row();
        for (int rest = missing & present(); rest != 0; rest &= rest - 1) {
            int item = Integer.numberOfTrailingZeros(rest);
            scratch.digest(entries[item], row, item * Digest.BYTES);
        }
        // Of these there are no bits.
        for (int item = Integer.SIZE; item < entries.length; item++) {
            scratch.digest(entries[item], row, item * Digest.BYTES);
        }
    }

    /** A bit for each of the first entries. */
    private int present() {
        return entries.length < Integer.SIZE ? (1 << entries.length) - 1 : -1;
    }

    private int indexOf(ByteString key) {
        int low = 0;
        for (int high = entries.length - 1; low <= high; ) {
            int middle = (low + high) >>> 1;
            int order = Entries.compareKey(entries[middle], key);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }
}
