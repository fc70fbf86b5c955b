package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A few entries in the order of their keys. */
final class Leaf extends Node {

    private static final Comparator<ByteString> ORDER = ByteString.unsignedLexicographicalComparator();
    private static final byte KIND = 0;

    private ByteString[] keys;
    private ByteString[] values;
    private long bytes;

    Leaf(Edit owner, ByteString[] keys, ByteString[] values) {
        super(owner);
        this.keys = keys;
        this.values = values;
        for (int index = 0; index < keys.length; index++) {
            bytes += Entries.size(keys[index], values[index]);
        }
    }

    @Override
    long entries() {
        return keys.length;
    }

    @Override
    long bytes() {
        return bytes;
    }

    @Override
    @Nullable
    ByteString find(Path path, int depth, ByteString key) {
        int index = indexOf(key);
        return index < 0 ? null : values[index];
    }

    @Override
    Node put(Edit edit, Path path, int depth, ByteString key, ByteString value) {
        int index = indexOf(key);
        Leaf target = owned(edit);
        if (index >= 0) {
            edit.previous = values[index];
            target.replace(index, value);
        } else {
            edit.previous = null;
            target.insert(-index - 1, key, value);
        }
        return fitsLeaf(target.keys.length, target.bytes, depth) ? target : target.split(edit, depth);
    }

    @Override
    @Nullable
    Node remove(Edit edit, Path path, int depth, ByteString key) {
        int index = indexOf(key);
        if (index < 0) {
            edit.previous = null;
            return this;
        }
        edit.previous = values[index];
        if (keys.length == 1) {
            return null;
        }
        Leaf target = owned(edit);
        target.bytes -= Entries.size(key, values[index]);
        target.keys = without(keys, index);
        target.values = without(values, index);
        target.changed();
        return target;
    }

    private Leaf owned(Edit edit) {
        return owner == edit ? this : new Leaf(edit, keys, values.clone());
    }

    private void replace(int index, ByteString value) {
        bytes += value.size() - values[index].size();
        values[index] = value;
        changed();
    }

    private void insert(int index, ByteString key, ByteString value) {
        bytes += Entries.size(key, value);
        keys = with(keys, index, key);
        values = with(values, index, value);
        changed();
    }

    private Node split(Edit edit, int depth) {
        @Nullable ByteString previous = edit.previous;
        Node branch = new Branch(edit);
        for (int index = 0; index < keys.length; index++) {
            branch = branch.put(edit, Path.of(keys[index]), depth, keys[index], values[index]);
        }
        edit.previous = previous;
        return branch;
    }

    @Override
    void forEach(BiConsumer<ByteString, ByteString> action) {
        for (int index = 0; index < keys.length; index++) {
            action.accept(keys[index], values[index]);
        }
    }

    @Override
    Digest computeDigest() {
        Scratch scratch = Scratch.own();
        ByteBuffer all = scratch.buffer(Math.toIntExact(1 + bytes)).put(KIND);
        for (int index = 0; index < keys.length; index++) {
            Entries.write(all, keys[index]);
            Entries.write(all, values[index]);
        }
        return scratch.digest(all);
    }

    private int indexOf(ByteString key) {
        int low = 0;
        for (int high = keys.length - 1; low <= high; ) {
            int middle = (low + high) >>> 1;
            int order = ORDER.compare(keys[middle], key);
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

    private static ByteString[] with(ByteString[] all, int index, ByteString one) {
        ByteString[] more = new ByteString[all.length + 1];
        System.arraycopy(all, 0, more, 0, index);
        more[index] = one;
        System.arraycopy(all, index, more, index + 1, all.length - index);
        return more;
    }

    private static ByteString[] without(ByteString[] all, int index) {
        ByteString[] fewer = new ByteString[all.length - 1];
        System.arraycopy(all, 0, fewer, 0, index);
        System.arraycopy(all, index + 1, fewer, index, fewer.length - index);
        return fewer;
    }
}
