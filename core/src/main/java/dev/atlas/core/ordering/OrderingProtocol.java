package dev.atlas.core.ordering;

import dev.atlas.core.message.CheckpointCertificate;

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

    /**
     * Whether the state at this checkpoint would take the place of the present one now: it lies above everything decided here, or ours is wrong. An {@link
     * Action.NeedState} may be performed, and a state arrive, when the log has closed the gap.
     */
    boolean wants(CheckpointCertificate state);

    /** A snapshot for people and for routing; immutable. */
    OrderingStatus status();
}
