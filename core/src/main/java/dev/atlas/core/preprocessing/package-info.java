/**
 * From a client's bytes to something that can be ordered: decoding, signatures, quotas, bodies, batches, timeouts.
 *
 * <p>Workers (virtual threads, partitioned by client) own decoding; signatures are checked on the compute pool; {@code BodyStore}, {@code Batcher} and
 * {@code RequestTimeouts} are shared with the orchestrator and guard themselves with a lock each.
 */
@NullMarked
package dev.atlas.core.preprocessing;

import org.jspecify.annotations.NullMarked;
