package dev.atlas.core.ordering.pbft;

/** How a replica without recovered state begins. */
public enum Start {
    /** A voter of a cluster that is being created. */
    GENESIS,
    /** Executes what others decide and never votes. */
    LEARNER
}
