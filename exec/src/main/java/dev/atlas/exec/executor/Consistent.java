package dev.atlas.exec.executor;

/**
 * The state between two batches.
 *
 * @param view in which the last batch was decided
 */
record Consistent<S>(S state, long sequence, long timeMillis, long view) {}
