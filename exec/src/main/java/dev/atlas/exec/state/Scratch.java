package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A thread's own hash function and buffer: hashing a million leaves, or a key for each access, must leave no garbage for the collector to stop everybody
 * for.
 */
final class Scratch {

    private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

    private final MessageDigest sha256;
    private final byte[] result = new byte[Digest.BYTES];
    private ByteBuffer buffer = ByteBuffer.allocate(1024);

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

    /** An empty buffer for the bytes to be hashed next; what was in it before is lost. */
    ByteBuffer buffer(int size) {
        if (size > Node.LEAF_BYTES + 1) {
            // An entry that is large alone; its buffer is not worth keeping.
            return ByteBuffer.allocate(size);
        }
        if (size > buffer.capacity()) {
            buffer = ByteBuffer.allocate(Math.min(Node.LEAF_BYTES + 1, 2 * size));
        }
        return buffer.clear();
    }

    /** The digest of what was put into the buffer. */
    Digest digest(ByteBuffer filled) {
        sha256.update(filled.flip());
        return Digest.read(ByteBuffer.wrap(finish()));
    }

    /** The first 64 bits of a key's digest. */
    long first(ByteString key) {
        ByteBuffer filled = buffer(key.size());
        key.copyTo(filled);
        sha256.update(filled.flip());
        return ByteBuffer.wrap(finish()).getLong();
    }

    private byte[] finish() {
        try {
            sha256.digest(result, 0, result.length);
            return result;
        } catch (DigestException impossible) {
            throw new IllegalStateException("the array has room", impossible);
        }
    }
}
