package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** Entries as bytes: length and bytes of the key, length and bytes of the value. */
final class Entries {

    private Entries() {}

    static long size(ByteString key, ByteString value) {
        return 2L * Integer.BYTES + key.size() + value.size();
    }

    static void write(ByteBuffer target, ByteString bytes) {
        target.putInt(bytes.size());
        bytes.copyTo(target);
    }

    /**
     * @throws IOException if fewer bytes remain than announced
     */
    static ByteString read(ByteBuffer source) throws IOException {
        try {
            return Bytes.read(source);
        } catch (BufferUnderflowException | IllegalArgumentException malformed) {
            throw new IOException("a truncated entry", malformed);
        }
    }
}
