/**
 * Runs by seed: each draws a cluster, its limits, and its faults; a safety phase with faults is followed by a liveness phase without.
 */
@NullMarked
package dev.atlas.it.sim.swarm;

import org.jspecify.annotations.NullMarked;
