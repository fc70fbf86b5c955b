package dev.atlas.core.ordering;

/**
 * When an event is handled.
 *
 * @param nanos monotonic, for durations
 * @param wallMillis wall clock, for timestamps only
 */
public record Now(long nanos, long wallMillis) {}
