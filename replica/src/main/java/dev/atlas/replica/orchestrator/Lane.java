package dev.atlas.replica.orchestrator;

/** The orchestrator's mailbox lanes in order of preference (section 9 of the design). */
enum Lane {
    /** Completions of the log and the executor, shutdown. */
    CONTROL,
    TIMEOUTS,
    /** Votes, checkpoints, view changes, status. */
    VOTES,
    /** Proposals, batches, bodies. */
    PROPOSALS
}
