package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A thread's own hash function: hashing millions of entries, or a key for each access, must leave no garbage for the collector to stop everybody for.
 */
final class Scratch {

    private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

    /** A longer key's buffer is not worth keeping. */
    private static final int LONGEST_KEPT = 1024;

    private final MessageDigest sha256;
    private final byte[] result = new byte[Digest.BYTES];
    private final ByteBuffer buffer = ByteBuffer.allocate(LONGEST_KEPT);
    private final Sweep sweep = new Sweep();
    private long hashedBytes;

    private Scratch() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    static Scratch own() {
        return OWN.get();
    }

    Sweep sweep() {
        return sweep;
    }

    /** How much of states this thread has hashed so far, keys looked up not counted. */
    long hashedBytes() {
        return hashedBytes;
    }

    /** Writes the digest of an entry. */
    void digest(byte[] entry, byte[] target, int offset) {
        hashedBytes += entry.length;
        begun().update(entry);
        finish(target, offset);
    }

    /**
     * Writes the digest of a leaf or a branch.
     *
     * @param kind which of them; last, since the bytes before it are then hashed where they are
     */
    void digest(byte[] row, byte kind, byte[] target, int offset) {
        hashedBytes += row.length;
        begun().update(row);
        sha256.update(kind);
        finish(target, offset);
    }

    /** The first 64 bits of a key's digest. */
    long first(ByteString key) {
        ByteBuffer filled = key.size() > LONGEST_KEPT ? ByteBuffer.allocate(key.size()) : buffer.clear();
        key.copyTo(filled);
        begun().update(filled.flip());
        finish(result, 0);
        return ByteBuffer.wrap(result).getLong();
    }

    /** An operation whose recursion had no end may have run out of stack in the middle of a hash: what is left of that must not go into the next. */
    private MessageDigest begun() {
        sha256.reset();
        return sha256;
    }

    private void finish(byte[] target, int offset) {
        try {
            sha256.digest(target, offset, Digest.BYTES);
        } catch (DigestException impossible) {
            throw new IllegalStateException("the array has room", impossible);
        }
    }
}
