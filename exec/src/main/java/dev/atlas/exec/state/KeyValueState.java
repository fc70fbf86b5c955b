package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.MonolithicState;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Byte strings by byte string, in the order of their unsigned bytes. Not thread-safe for writing. */
public final class KeyValueState implements MonolithicState {

    private static final int LONGEST = 64 * 1024 * 1024;

    private final TreeMap<ByteString, ByteString> entries =
            new TreeMap<>(ByteString.unsignedLexicographicalComparator());

    public Optional<ByteString> get(ByteString key) {
        return Optional.ofNullable(entries.get(key));
    }

    /** Returns the value before. */
    public Optional<ByteString> put(ByteString key, ByteString value) {
        return Optional.ofNullable(entries.put(key, value));
    }

    /** Returns the value before. */
    public Optional<ByteString> remove(ByteString key) {
        @Nullable ByteString removed = entries.remove(key);
        return Optional.ofNullable(removed);
    }

    public int size() {
        return entries.size();
    }

    @Override
    public void writeTo(OutputStream target) throws IOException {
        DataOutputStream data = new DataOutputStream(target);
        data.writeInt(entries.size());
        for (Map.Entry<ByteString, ByteString> entry : entries.entrySet()) {
            data.writeInt(entry.getKey().size());
            entry.getKey().writeTo(data);
            data.writeInt(entry.getValue().size());
            entry.getValue().writeTo(data);
        }
        data.flush();
    }

    @Override
    public void readFrom(InputStream source) throws IOException {
        DataInputStream data = new DataInputStream(source);
        entries.clear();
        int count = data.readInt();
        for (int index = 0; index < count; index++) {
            ByteString key = read(data);
            entries.put(key, read(data));
        }
    }

    private static ByteString read(DataInputStream data) throws IOException {
        int length = data.readInt();
        if (length < 0 || length > LONGEST) {
            throw new IOException("an entry of " + length + " bytes");
        }
        byte[] bytes = data.readNBytes(length);
        if (bytes.length != length) {
            throw new IOException("a truncated entry");
        }
        return ByteString.copyFrom(bytes);
    }
}
