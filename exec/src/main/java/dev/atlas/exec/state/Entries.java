package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Entries as bytes: length and bytes of the key, length and bytes of the value.
 *
 * <p>They are kept as they are written and hashed: two byte strings with their arrays would take 56 bytes more, and each checkpoint would copy them
 * together again. The array is never changed, so what is read from it may share it.
 */
final class Entries {

    private Entries() {}

    static byte[] of(ByteString key, ByteString value) {
        byte[] entry = new byte[Math.addExact(2 * Integer.BYTES, Math.addExact(key.size(), value.size()))];
        ByteBuffer target = ByteBuffer.wrap(entry);
        write(target, key);
        write(target, value);
        return entry;
    }

    static ByteString key(byte[] entry) {
        return UnsafeByteOperations.unsafeWrap(entry, Integer.BYTES, keySize(entry));
    }

    static ByteString value(byte[] entry) {
        int begin = 2 * Integer.BYTES + keySize(entry);
        return UnsafeByteOperations.unsafeWrap(entry, begin, entry.length - begin);
    }

    private static int keySize(byte[] entry) {
        return entry[0] << 24 | (entry[1] & 0xFF) << 16 | (entry[2] & 0xFF) << 8 | (entry[3] & 0xFF);
    }

    /** The order of keys, as unsigned bytes. */
    static int compareKey(byte[] entry, ByteString key) {
        int size = keySize(entry);
        int other = key.size();
        int common = Math.min(size, other);
        for (int index = 0; index < common; index++) {
            int order = Byte.compareUnsigned(entry[Integer.BYTES + index], key.byteAt(index));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(size, other);
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
