/**
 * Byte streams between simulated hosts: latency, partitions, stalls, resets, half-open connections, all in virtual time.
 *
 * <p>Below framing and handshake, which run as in production. Owned by the scheduler's thread and those that it carries.
 */
@NullMarked
package dev.atlas.it.sim.network;

import org.jspecify.annotations.NullMarked;
