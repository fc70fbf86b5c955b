package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** Length-prefixed byte strings. */
final class Bytes {

    private Bytes() {}

    static byte[] write(int kind, ByteString... parts) {
        int size = 1;
        for (ByteString part : parts) {
            size += Integer.BYTES + part.size();
        }
        ByteBuffer target = ByteBuffer.allocate(size).put((byte) kind);
        for (ByteString part : parts) {
            target.putInt(part.size());
            part.copyTo(target);
        }
        return target.array();
    }

    /**
     * @throws java.nio.BufferUnderflowException if fewer bytes remain than announced
     * @throws IllegalArgumentException if the length is negative
     */
    static ByteString read(ByteBuffer source) {
        int length = source.getInt();
        if (length < 0) {
            throw new IllegalArgumentException("a byte string of " + length + " bytes");
        }
        if (length > source.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer part = source.slice(source.position(), length);
        source.position(source.position() + length);
        return ByteString.copyFrom(part);
    }
}
