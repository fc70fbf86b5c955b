package dev.atlas.exec.session;

import java.util.Locale;

/**
 * Bounds on results, in bytes; equal on all replicas, since they decide what a repeated request is answered.
 *
 * <p>Results that a client has not acknowledged are kept for as long as there is room. One for which there is none is sent when its operation has been
 * executed, and is gone then; that it was executed is never forgotten.
 *
 * @param largest a longer result is replaced by an error. At least {@link #SMALLEST}, and a frame to a client must be able to carry it
 * @param perClient kept for one client, in all of its sessions; 0 or more
 * @param shared kept for all clients together beyond {@code own} of each; 0 or more
 * @param own kept for each client however much the others leave; 0 or more
 */
public record ResultLimits(int largest, long perClient, long shared, long own) {

    /** The text of any error fits. */
    public static final int SMALLEST = 4 << 10;

    public ResultLimits {
        if (largest < SMALLEST) {
            throw new IllegalArgumentException("results of " + SMALLEST + " bytes must be possible, not " + largest);
        }
        if (perClient < 0 || shared < 0 || own < 0) {
            throw new IllegalArgumentException("limits of what is kept are 0 or more");
        }
    }

    public static ResultLimits defaults() {
        return new ResultLimits(1 << 20, 64L << 20, 256L << 20, 16L << 10);
    }

    /** What of a client's results counts against those of all. */
    long beyondOwn(long kept) {
        return Math.max(0, kept - own);
    }

    /** Why there was no room. */
    String explanation(Full full) {
        return switch (full) {
            case CLIENT ->
                String.format(Locale.ROOT, "its client left more than %d bytes of results unacknowledged", perClient);
            case ALL ->
                String.format(
                        Locale.ROOT,
                        "its client left more than %d bytes of results unacknowledged, and all clients together more than %d beyond that",
                        own,
                        shared);
        };
    }

    /** Whose room was taken up. */
    enum Full {
        CLIENT,
        ALL
    }
}
