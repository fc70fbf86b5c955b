package dev.atlas.net.crypto;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Builds a SHA-256 digest piece by piece. Not thread-safe; one hasher makes one digest. */
public final class Hasher {

    /** Cloning a prototype avoids a provider look-up for each digest. */
    private static final MessageDigest PROTOTYPE = prototype();

    private final MessageDigest sha256;
    private final byte[] word = new byte[Long.BYTES];

    public Hasher() {
        try {
            sha256 = (MessageDigest) PROTOTYPE.clone();
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException("the JDK's SHA-256 can be cloned", impossible);
        }
    }

    /** The digest of exactly these bytes. */
    public static Digest hash(byte[] bytes) {
        return new Hasher().update(bytes).digest();
    }

    /** The digest of the buffer's remaining bytes; its position stays. */
    public static Digest hash(ByteBuffer bytes) {
        return new Hasher().update(bytes).digest();
    }

    public Hasher update(byte[] bytes) {
        sha256.update(bytes);
        return this;
    }

    public Hasher update(byte[] bytes, int offset, int length) {
        sha256.update(bytes, offset, length);
        return this;
    }

    /** Adds the remaining bytes; the position stays. */
    public Hasher update(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            return update(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        }
        sha256.update(bytes.duplicate());
        return this;
    }

    /** Adds eight bytes, big-endian. */
    public Hasher update(long value) {
        for (int index = 0; index < Long.BYTES; index++) {
            word[index] = (byte) (value >>> (Long.SIZE - Byte.SIZE * (index + 1)));
        }
        sha256.update(word);
        return this;
    }

    public Hasher update(Digest digest) {
        return update(digest.toBytes());
    }

    /** Finishes; the hasher must not be used again. */
    public Digest digest() {
        return Digest.of(sha256.digest());
    }

    private static MessageDigest prototype() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
