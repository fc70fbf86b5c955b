package dev.atlas.core.ordering;

/**
 * Agrees on one batch per sequence number.
 *
 * <p>Owned by one thread. Never throws on input from a peer; an {@link IllegalStateException} means a broken invariant and stops the
 * replica.
 */
public interface OrderingProtocol {

    /** Takes one step. The returned groups must be performed in order. */
    Effects handle(OrderingEvent event);

    /** Whether an {@link OrderingEvent.Propose} would be proposed now. */
    boolean readyForBatch();

    /** A snapshot for people and for routing; immutable. */
    OrderingStatus status();
}
