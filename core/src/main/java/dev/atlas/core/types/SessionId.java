package dev.atlas.core.types;

/**
 * A client session, named by the place in the log of the request that opened it.
 *
 * @param sequence sequence number of the batch, 1 or more; 0 only in {@link #NONE}
 * @param index place of the opening request within its batch, counted over all requests of its bundles in order
 */
public record SessionId(long sequence, int index) implements Comparable<SessionId> {

    /** In requests that belong to no session: one that opens a session, and unordered ones. */
    public static final SessionId NONE = new SessionId(0, 0);

    public SessionId {
        if (sequence < 0 || index < 0) {
            throw new IllegalArgumentException(
                    "a session is a place in the log, not (" + sequence + ", " + index + ")");
        }
    }

    @Override
    public int compareTo(SessionId other) {
        int order = Long.compare(sequence, other.sequence);
        return order == 0 ? Integer.compare(index, other.index) : order;
    }

    @Override
    public String toString() {
        return sequence + "." + index;
    }
}
