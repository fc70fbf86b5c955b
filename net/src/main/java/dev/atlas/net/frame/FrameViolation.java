package dev.atlas.net.frame;

/** What a peer can do wrong in framing; each ends the connection. */
public enum FrameViolation {
    /** The length is above the module's limit, or negative. */
    OVERSIZE,
    /** No module has this code, or this peer may not use it. */
    UNKNOWN_MODULE,
    /** A heartbeat with a payload. */
    BAD_HEARTBEAT,
    /** The stream ended within a frame. */
    TRUNCATED,
    /** No violation of the peer's own: a frame too large for the buffer, of one of very many peers that hold all there is for such. */
    NO_ROOM
}
