/** Slices of the swarm and of the twins, and their determinism. */
@NullMarked
package dev.atlas.it.sim.swarm;

import org.jspecify.annotations.NullMarked;
