package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.application.SnapshotState;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The ready-made state: byte strings by column and key, in memory, for any of the four executors and for millions of entries.
 *
 * <p>A {@link #snapshot} costs nothing but the copying of what is changed afterwards. Digests are a Merkle tree of which only the changed entries, and
 * the digests beside and above theirs, are hashed again. A part holds at most {@link #PART_BYTES}, unless one entry alone is larger. Changed by one thread at a time; a snapshot that nobody changes is
 * read by any.
 */
public final class KeyValueState implements MonolithicState, DivisibleState, CrudState, SnapshotState<KeyValueState> {

    /** Bound on a part, equal on all replicas. */
    public static final int PART_BYTES = 256 * 1024;

    private final SortedMap<String, Node> columns;

    /** Shared with the snapshots. */
    private final Paths paths;

    /** So is this. */
    private final DigestInterest interest;

    private Edit edit;

    public KeyValueState() {
        this(new TreeMap<>(), new Paths(), new DigestInterest());
    }

    private KeyValueState(SortedMap<String, Node> columns, Paths paths, DigestInterest interest) {
        this.columns = columns;
        this.paths = paths;
        this.interest = interest;
        this.edit = new Edit(interest);
    }

    @Override
    public Optional<ByteString> read(String column, ByteString key) {
        Node root = root(column, key);
        return root == null ? Optional.empty() : valueOf(root.find(paths.of(key), 0, key));
    }

    @Override
    public boolean create(String column, ByteString key, ByteString value) {
        Node root = root(column, key);
        Path path = paths.of(key);
        if (root != null && root.find(path, 0, key) != null) {
            return false;
        }
        put(column, root, path, key, Entries.of(key, value));
        return true;
    }

    @Override
    public Optional<ByteString> update(String column, ByteString key, ByteString value) {
        put(column, root(column, key), paths.of(key), key, Entries.of(key, value));
        return valueOf(edit.takePrevious());
    }

    @Override
    public Optional<ByteString> delete(String column, ByteString key) {
        Node root = root(column, key);
        if (root == null) {
            return Optional.empty();
        }
        Node left = root.remove(edit, paths.of(key), 0, key);
        if (left == null) {
            columns.remove(column);
        } else if (left != root) {
            columns.put(column, left);
        }
        return valueOf(edit.takePrevious());
    }

    /**
     * What a column holds, and whether there can be such an entry at all: whoever reads it is told the same as who would write it, since speculation reads first
     * and writes later.
     */
    private @Nullable Node root(String column, ByteString key) {
        Objects.requireNonNull(key, "key");
        Node root = columns.get(column);
        if (root == null && !isText(column)) {
            throw new IllegalArgumentException(
                    "a column's name has half a character, which no part of a state can have");
        }
        return root;
    }

    /** Whether it is the same when it comes back from UTF-8. */
    private static boolean isText(String name) {
        return name.codePoints()
                .noneMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
    }

    private static Optional<ByteString> valueOf(byte @Nullable [] entry) {
        return entry == null ? Optional.empty() : Optional.of(Entries.value(entry));
    }

    private void put(String column, @Nullable Node root, Path path, ByteString key, byte[] entry) {
        Node after = Node.putInto(root, edit, path, 0, key, entry);
        if (after != root) {
            columns.put(column, after);
        }
    }

    /** Number of entries in all columns. */
    public long size() {
        return columns.values().stream().mapToLong(Node::entries).sum();
    }

    /** Number of entries in one column. */
    public long size(String column) {
        Node root = columns.get(column);
        return root == null ? 0 : root.entries();
    }

    @Override
    public KeyValueState snapshot() {
        edit = new Edit(interest);
        return new KeyValueState(new TreeMap<>(columns), paths, interest);
    }

    @Override
    public List<PartDescriptor> parts() {
        interest.show();
        List<PartDescriptor> parts = new ArrayList<>();
        columns.forEach((column, root) -> new Division(column, parts).add(root));
        return parts;
    }

    @Override
    public Part part(PartDescriptor part) {
        edit = new Edit(interest); // what is given away is not changed any more
        return Subtree.of(part, columns);
    }

    @Override
    public Part read(PartDescriptor part, ByteString bytes) throws IOException {
        return Subtree.read(part, bytes);
    }

    @Override
    public void install(Part part) throws IOException {
        Subtree read = part instanceof Subtree known ? known : Subtree.read(part.descriptor(), part.bytes());
        String column = read.place().column();
        Node root = Node.graftInto(columns.get(column), edit, read.place(), 0, read.root());
        if (root == null) {
            throw new IOException("two parts for the same keys");
        }
        columns.put(column, root);
    }

    @Override
    public void clear() {
        columns.clear();
    }

    @Override
    public void writeTo(OutputStream target) throws IOException {
        DataOutputStream data = new DataOutputStream(target);
        data.writeInt(columns.size());
        for (Map.Entry<String, Node> column : columns.entrySet()) {
            write(data, ByteString.copyFromUtf8(column.getKey()));
            data.writeLong(column.getValue().entries());
            try {
                column.getValue().forEach(entry -> writeUnchecked(data, entry));
            } catch (UncheckedIOException failure) {
                throw failure.getCause();
            }
        }
        data.flush();
    }

    private static void writeUnchecked(DataOutputStream data, byte[] entry) {
        try {
            data.write(entry);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void write(DataOutputStream data, ByteString bytes) throws IOException {
        data.writeInt(bytes.size());
        bytes.writeTo(data);
    }

    @Override
    public void readFrom(InputStream source) throws IOException {
        DataInputStream data = new DataInputStream(source);
        columns.clear();
        int count = data.readInt();
        for (int column = 0; column < count; column++) {
            String name = read(data).toStringUtf8();
            long entries = data.readLong();
            for (long entry = 0; entry < entries; entry++) {
                ByteString key = read(data);
                update(name, key, read(data));
            }
        }
    }

    /** Whatever length is announced, no more memory is taken than bytes come. */
    private static ByteString read(DataInputStream data) throws IOException {
        int length = data.readInt();
        if (length < 0) {
            throw new IOException("an entry of " + length + " bytes");
        }
        byte[] bytes = data.readNBytes(length);
        if (bytes.length != length) {
            throw new IOException("a truncated entry");
        }
        return UnsafeByteOperations.unsafeWrap(bytes);
    }
}
