package dev.atlas.net.handshake;

/** How a handshake ended. */
public sealed interface HandshakeResult {

    /**
     * Both ends accept.
     *
     * @param index which connection of the pool this is
     */
    record Accepted(PeerIdentity peer, int index) implements HandshakeResult {}

    /** One end refuses; the channel is of no further use. */
    record Rejected(RejectionReason reason, String detail) implements HandshakeResult {}
}
