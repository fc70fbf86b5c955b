package dev.atlas.replica.config;

/** What a replica promises to remember over a restart. */
public enum DurabilityMode {
    /** What a message asserts is on disk before it leaves: a restarted replica goes on as if nothing had happened, power loss everywhere included. */
    STRICT,
    /** Written behind: a replica that was closed in order goes on, one that was killed comes back as a learner. */
    OPTIMISTIC,
    /** Memory only: every restart is a learner's. */
    NONE
}
