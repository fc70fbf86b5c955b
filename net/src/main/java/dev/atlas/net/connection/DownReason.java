package dev.atlas.net.connection;

/** Why a connection ended. */
enum DownReason {
    PEER_CLOSED,
    FAILED,
    /** The peer broke the framing. */
    FRAMING,
    /** Nothing came for the configured number of heartbeats. */
    SILENT,
    /** The peer has not read for the time that it would be silent for, tenfold. */
    STALLED,
    /** A client that neither read nor went on sending held memory that others needed. */
    HOARDING,
    /** The same peer has authenticated a newer connection with this index. */
    REPLACED,
    /** The peer is no longer in the membership, or has another key now. */
    REMOVED,
    /** The node closes. */
    CLOSED
}
