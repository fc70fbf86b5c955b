package dev.atlas.net.identity;

/** What a node takes part in. */
public enum NodeKind {
    /** Orders and executes. */
    REPLICA,
    /** Receives and checks decisions, executes, never votes. */
    FOLLOWER,
    /** Sends requests. */
    CLIENT
}
