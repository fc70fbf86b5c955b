package dev.atlas.core.message;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** Makes batches: the digest of a batch is the hash of its exact encoding, so encoding and digest are made together. */
public final class Batches {

    /** Most bundles that any batch may name, whatever is configured: bounds what decoding allocates. */
    public static final int MAX_BUNDLES = 65_536;

    /** Settles a slot that nobody prepared: no bundles, timestamp 0. */
    public static final Batch NULL = of(0, List.of());

    private Batches() {}

    public static Batch of(long timestampMillis, List<Digest> bundles) {
        ByteString bytes = dev.atlas.protos.messages.Batch.newBuilder()
                .setTimestampMillis(timestampMillis)
                .setBundles(concatenate(bundles))
                .build()
                .toByteString();
        return new Batch(timestampMillis, bundles, bytes, Hasher.hash(bytes.asReadOnlyByteBuffer()));
    }

    /** Empty unless the bytes are those that {@link #of} makes of a batch that names no bundle twice: what is kept is no larger than what it names. */
    public static Optional<Batch> decode(ByteString bytes) {
        try {
            dev.atlas.protos.messages.Batch batch = dev.atlas.protos.messages.Batch.parseFrom(bytes);
            if (batch.getBundles().size() > MAX_BUNDLES * Digest.BYTES || batch.getTimestampMillis() < 0) {
                return Optional.empty();
            }
            return split(batch.getBundles())
                    .filter(Batches::areDistinct)
                    .map(bundles -> of(batch.getTimestampMillis(), bundles))
                    .filter(decoded -> decoded.bytes().equals(bytes));
        } catch (InvalidProtocolBufferException malformed) {
            return Optional.empty();
        }
    }

    /** A digest takes 32 bytes, and its body is kept and written for each place that names it. */
    private static boolean areDistinct(List<Digest> bundles) {
        return new HashSet<>(bundles).size() == bundles.size();
    }

    /** Digests one after the other. */
    public static ByteString concatenate(List<Digest> digests) {
        ByteBuffer bytes = ByteBuffer.allocate(digests.size() * Digest.BYTES);
        digests.forEach(digest -> digest.write(bytes));
        return UnsafeByteOperations.unsafeWrap(bytes.flip());
    }

    /** Empty unless the length is a multiple of a digest's. */
    public static Optional<List<Digest>> split(ByteString concatenated) {
        if (concatenated.size() % Digest.BYTES != 0) {
            return Optional.empty();
        }
        ByteBuffer bytes = concatenated.asReadOnlyByteBuffer();
        List<Digest> digests = new ArrayList<>(concatenated.size() / Digest.BYTES);
        while (bytes.hasRemaining()) {
            digests.add(Digest.read(bytes));
        }
        return Optional.of(digests);
    }
}
