package dev.atlas.net.handshake;

/** Why a connection is refused before its first frame. */
public enum RejectionReason {
    /** Not a Hello or Acknowledge, or larger than one may be. */
    MALFORMED(1),
    WRONG_VERSION(2),
    WRONG_CLUSTER(3),
    /** The membership has no such replica or follower. */
    UNKNOWN_NODE(4),
    /** The kind is unknown, is not what the membership says of the node, or does not go with its id. */
    WRONG_KIND(5),
    /** The key is not the one of the node that the peer says it is, or not the one that TLS has proved. */
    WRONG_KEY(6),
    /** Another node than the one that was dialled. */
    UNEXPECTED_PEER(7),
    /** The peer says that it is this node. */
    SELF(8),
    /** The index is beyond this node's pool. */
    BAD_CONNECTION_INDEX(9),
    BAD_SIGNATURE(10),
    /** The transport authenticates nobody and plaintext was not asked for. */
    PLAINTEXT(11),
    /** Not finished by the deadline. */
    DEADLINE(12),
    /** TLS failed: no certificate, a bad one, no common version, or no TLS at all. */
    TLS_FAILED(13),
    /** The connection broke. */
    CONNECTION_LOST(14),
    /** The peer has refused us; the detail says why. */
    REFUSED_BY_PEER(15),
    /** Too many connections of this address have not authenticated yet. */
    TOO_MANY_UNAUTHENTICATED_FROM_HOST(16),
    /** Too many connections have not authenticated yet. */
    TOO_MANY_UNAUTHENTICATED(17),
    /** Too many clients of this address are connected. */
    TOO_MANY_CLIENTS_FROM_HOST(18),
    /** Too many clients are connected. */
    TOO_MANY_CLIENTS(19),
    /** The node is closing. */
    CLOSING(20);

    private final int code;

    RejectionReason(int code) {
        this.code = code;
    }

    /** The number on the wire; 0 is acceptance. */
    public int code() {
        return code;
    }

    static String nameOf(int code) {
        for (RejectionReason reason : values()) {
            if (reason.code == code) {
                return reason.name();
            }
        }
        return "reason " + code;
    }
}
