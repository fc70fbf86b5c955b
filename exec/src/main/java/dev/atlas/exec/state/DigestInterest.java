package dev.atlas.exec.state;

/**
 * Whether a state, or any snapshot of it, has been asked for digests: one that is only ever written as a stream is not, and what is kept so that less has to be
 * hashed would be kept for ever. Thread-safe.
 */
final class DigestInterest {

    private volatile boolean shown;

    boolean isShown() {
        return shown;
    }

    void show() {
        shown = true;
    }
}
