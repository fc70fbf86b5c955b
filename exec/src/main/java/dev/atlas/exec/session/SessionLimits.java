package dev.atlas.exec.session;

/**
 * Bounds on the session table; equal on all replicas, since they decide what is evicted.
 *
 * @param clients clients remembered: one more evicts the least recently ordered one
 * @param sessionsPerClient one more evicts the client's own least recently ordered one
 * @param window W: how far above its acknowledged numbers a session may go
 * @param results how long results may be, and how many bytes of them are kept
 */
public record SessionLimits(int clients, int sessionsPerClient, int window, ResultLimits results) {

    public SessionLimits {
        if (clients < 1 || sessionsPerClient < 1 || window < 1) {
            throw new IllegalArgumentException("session limits are 1 or more");
        }
    }

    /** With the defaults for results. */
    public SessionLimits(int clients, int sessionsPerClient, int window) {
        this(clients, sessionsPerClient, window, ResultLimits.defaults());
    }

    public static SessionLimits defaults() {
        return new SessionLimits(100_000, 16, 1024);
    }
}
