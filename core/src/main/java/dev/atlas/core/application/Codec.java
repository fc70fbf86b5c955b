package dev.atlas.core.application;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Turns values into bytes and back. Thread-safe and deterministic. */
public interface Codec<T> {

    /** The caller takes the array over. */
    byte[] encode(T value);

    /**
     * @param bytes read-only; what is decoded may keep a slice of it
     * @throws IllegalArgumentException if the bytes are no encoding of a value; the request then fails with that message
     */
    T decode(ByteBuffer bytes);

    /** UTF-8 text. */
    Codec<String> UTF_8 = new Codec<>() {
        @Override
        public byte[] encode(String value) {
            return value.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String decode(ByteBuffer bytes) {
            return StandardCharsets.UTF_8.decode(bytes).toString();
        }
    };

    /** Bytes as they are. */
    Codec<ByteString> BYTES = new Codec<>() {
        @Override
        public byte[] encode(ByteString value) {
            return value.toByteArray();
        }

        @Override
        public ByteString decode(ByteBuffer bytes) {
            return ByteString.copyFrom(bytes);
        }
    };
}
