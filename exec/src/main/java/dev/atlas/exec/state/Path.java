package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** Where a key lies in a trie: the first 64 bits of its SHA-256. */
record Path(long bits) {

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    static Path of(ByteString key) {
        return new Path(SCRATCH.get().path(key));
    }

    int digit(int depth) {
        return (int) (bits >>> (Long.SIZE - Node.DIGIT_BITS * (depth + 1))) & (Node.FAN_OUT - 1);
    }

    /** A hash for each access must cost no allocation. */
    private static final class Scratch {
        private final MessageDigest sha256;
        private final byte[] bytes = new byte[256];

        /** An operation that reads an entry and writes it has it hashed once; compared by identity, since most keys are not the last one. */
        private @Nullable ByteString lastKey;

        private long lastPath;

        Scratch() {
            try {
                sha256 = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException("every JDK has SHA-256", impossible);
            }
        }

        @SuppressWarnings("ReferenceEquality")
        long path(ByteString key) {
            if (key.size() > bytes.length) {
                return hash(key);
            }
            if (key != lastKey) {
                lastPath = hash(key);
                lastKey = key;
            }
            return lastPath;
        }

        private long hash(ByteString key) {
            if (key.size() <= bytes.length) {
                key.copyTo(bytes, 0);
                sha256.update(bytes, 0, key.size());
            } else {
                sha256.update(key.asReadOnlyByteBuffer());
            }
            try {
                sha256.digest(bytes, 0, sha256.getDigestLength());
            } catch (DigestException impossible) {
                throw new IllegalStateException("the array has room", impossible);
            }
            long first = 0;
            for (int index = 0; index < Long.BYTES; index++) {
                first = (first << Byte.SIZE) | (bytes[index] & 0xFF);
            }
            return first;
        }
    }
}
