/**
 * Histories of what clients called and were told, and the question whether a sequential object could have told them so (Herlihy and Wing,
 * TOPLAS'90).
 *
 * <p>Knows nothing of replicas, logs or the simulator: only what clients saw enters. Everything is owned by one thread.
 */
@NullMarked
package dev.atlas.it.sim.history;

import org.jspecify.annotations.NullMarked;
