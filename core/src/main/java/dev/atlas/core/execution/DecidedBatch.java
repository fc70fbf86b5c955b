package dev.atlas.core.execution;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.crypto.Digest;
import java.util.List;

/**
 * A decision with its bodies.
 *
 * @param bundles the bodies in the order of {@link Batch#bundles}
 * @param chain chain digest at {@code sequence}
 */
public record DecidedBatch(long view, long sequence, Batch batch, List<RequestBundle> bundles, Digest chain) {

    /** What a decision takes beside its bundles and what names them, with its places in queues. */
    private static final long OVERHEAD_BYTES = 512;

    public DecidedBatch {
        bundles = List.copyOf(bundles);
        if (bundles.size() != batch.bundles().size()) {
            throw new IllegalArgumentException("a decided batch needs every body");
        }
    }

    /** Bytes of memory that it takes with its bodies, about. */
    public long footprint() {
        long bytes = OVERHEAD_BYTES + batch.bytes().size();
        for (RequestBundle bundle : bundles) {
            bytes += bundle.footprint();
        }
        return bytes;
    }
}
