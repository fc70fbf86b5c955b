package dev.atlas.replica.config;

/** What a replica promises to remember over a restart. */
public enum DurabilityMode {
    /** Memory only: every restart is a learner's. */
    NONE
}
