/**
 * The seam between a replica's shell and the protocol that orders: events in, effects out.
 *
 * <p>A protocol is a deterministic state machine without clock, thread, socket, disk or randomness: same state and event, same effects.
 * Nothing outside an implementation's package may assume three phases or a primary.
 */
@NullMarked
package dev.atlas.core.ordering;

import org.jspecify.annotations.NullMarked;
