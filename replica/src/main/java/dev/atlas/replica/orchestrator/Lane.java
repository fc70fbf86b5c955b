package dev.atlas.replica.orchestrator;

/** The orchestrator's mailbox lanes in order of preference. */
enum Lane {
    /** Completions of the log and the executor, shutdown. */
    CONTROL,
    TIMEOUTS,
    /** Votes, checkpoints, view changes, status. */
    VOTES,
    /** Proposals, batches, bodies. */
    PROPOSALS
}
