/**
 * Disks of simulated replicas, which outlive their processes and may fail.
 *
 * <p>Only the simulation's thread may enter, as everywhere in a simulation.
 */
@NullMarked
package dev.atlas.it.sim.disk;

import org.jspecify.annotations.NullMarked;
