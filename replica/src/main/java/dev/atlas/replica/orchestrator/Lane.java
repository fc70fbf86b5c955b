package dev.atlas.replica.orchestrator;

/** The orchestrator's mailbox lanes in order of preference. What others cause lies in the last two: they rest while too much waits for the disk. */
enum Lane {
    /** Completions of the log and the executor, shutdown. */
    CONTROL,
    TIMEOUTS,
    /** Votes, checkpoints, view changes, status, and who is to be sent that. */
    VOTES,
    /** Proposals, batches, bodies. */
    PROPOSALS
}
