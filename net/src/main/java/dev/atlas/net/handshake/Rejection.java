package dev.atlas.net.handshake;

/** Carries a refusal up to {@link Handshake}, which turns it into a value. */
final class Rejection extends Exception {

    private final RejectionReason reason;

    Rejection(RejectionReason reason, String detail) {
        super(detail);
        this.reason = reason;
    }

    RejectionReason reason() {
        return reason;
    }

    HandshakeResult.Rejected result() {
        return new HandshakeResult.Rejected(reason, String.valueOf(getMessage()));
    }
}
