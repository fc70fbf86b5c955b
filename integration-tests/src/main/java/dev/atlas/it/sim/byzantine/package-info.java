/**
 * Replicas and clients that lie: real ones whose messages are altered, withheld or delayed on their way out, with the faulty node's own key at hand.
 */
@NullMarked
package dev.atlas.it.sim.byzantine;

import org.jspecify.annotations.NullMarked;
