package dev.atlas.net.frame;

import java.io.IOException;

/** The peer broke the framing: there is no way to find the next frame, so the connection ends. */
public final class FrameViolationException extends IOException {

    private final FrameViolation violation;

    FrameViolationException(FrameViolation violation, String detail) {
        super(violation + ": " + detail);
        this.violation = violation;
    }

    public FrameViolation violation() {
        return violation;
    }
}
