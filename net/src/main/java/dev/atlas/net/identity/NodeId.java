package dev.atlas.net.identity;

/** Names a node of a cluster, or a client of it. */
public sealed interface NodeId permits ReplicaId, ClientId {}
