package dev.atlas.core.execution;

import dev.atlas.net.crypto.Digest;

/**
 * The executor's state between two batches.
 *
 * @param executed last executed sequence number
 * @param stateDigest digest as a CHECKPOINT at {@code executed} would carry it
 * @param operations ordered operations executed so far
 */
public record ExecutorStatus(long executed, Digest stateDigest, int sessions, long operations) {}
