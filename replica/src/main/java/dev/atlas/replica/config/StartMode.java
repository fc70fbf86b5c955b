package dev.atlas.replica.config;

/** How a replica without data may begin. */
public enum StartMode {
    /**
     * This cluster is being created: the replica votes from the first view on. Given once, when the cluster is created, and never
     * again: a replica that has forgotten its votes must not vote.
     */
    GENESIS,
    /** The replica has run before or joins later: it learns and executes, and does not vote. */
    LEARNER
}
