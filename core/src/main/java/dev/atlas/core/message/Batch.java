package dev.atlas.core.message;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import java.util.List;

/**
 * What one sequence number decides: bundle digests and a timestamp.
 *
 * @param timestampMillis wall-clock proposal of the primary
 * @param bytes the exact encoding
 * @param digest SHA-256 of {@code bytes}: no epoch, view or sequence number in it, so that a batch keeps its name over view changes
 */
public record Batch(long timestampMillis, List<Digest> bundles, ByteString bytes, Digest digest) {

    public Batch {
        bundles = List.copyOf(bundles);
    }

    /** The null batch has no bundles and timestamp 0. */
    public boolean isNull() {
        return bundles.isEmpty() && timestampMillis == 0;
    }
}
