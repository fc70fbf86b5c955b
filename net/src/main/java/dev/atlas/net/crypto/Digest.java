package dev.atlas.net.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * A 256-bit digest, held as four big-endian words: a vote's digest costs no array and compares in four instructions.
 *
 * <p>Ordered as unsigned bytes.
 */
public record Digest(long word0, long word1, long word2, long word3) implements Comparable<Digest> {

    /** Size in bytes. */
    public static final int BYTES = 32;

    /** A word in an array of bytes: a buffer around the array would be made for each digest. */
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** All zero bits: where a chain begins. */
    public static final Digest ZERO = new Digest(0, 0, 0, 0);

    /**
     * Reads {@link #BYTES} bytes from the buffer's position, which advances.
     *
     * @throws java.nio.BufferUnderflowException if fewer remain
     */
    public static Digest read(ByteBuffer source) {
        return new Digest(source.getLong(), source.getLong(), source.getLong(), source.getLong());
    }

    /**
     * @throws IllegalArgumentException unless {@code bytes} has exactly {@link #BYTES}
     */
    public static Digest of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a digest has " + BYTES + " bytes, not " + bytes.length);
        }
        return new Digest(
                (long) WORD.get(bytes, 0),
                (long) WORD.get(bytes, Long.BYTES),
                (long) WORD.get(bytes, 2 * Long.BYTES),
                (long) WORD.get(bytes, 3 * Long.BYTES));
    }

    /** Writes {@link #BYTES} bytes at the buffer's position, which advances. */
    public void write(ByteBuffer target) {
        target.putLong(word0).putLong(word1).putLong(word2).putLong(word3);
    }

    public byte[] toBytes() {
        byte[] bytes = new byte[BYTES];
        WORD.set(bytes, 0, word0);
        WORD.set(bytes, Long.BYTES, word1);
        WORD.set(bytes, 2 * Long.BYTES, word2);
        WORD.set(bytes, 3 * Long.BYTES, word3);
        return bytes;
    }

    @Override
    public int compareTo(Digest other) {
        int order = Long.compareUnsigned(word0, other.word0);
        if (order == 0) {
            order = Long.compareUnsigned(word1, other.word1);
        }
        if (order == 0) {
            order = Long.compareUnsigned(word2, other.word2);
        }
        return order == 0 ? Long.compareUnsigned(word3, other.word3) : order;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(word0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Digest that
                && word0 == that.word0
                && word1 == that.word1
                && word2 == that.word2
                && word3 == that.word3;
    }

    /** The first eight bytes in hexadecimal: enough to tell digests apart in a log. */
    public String shortHex() {
        return HexFormat.of().toHexDigits(word0);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(toBytes());
    }
}
