/**
 * A whole cluster with its clients in virtual time: production code, from the client's call down to frames, on simulated hosts.
 *
 * <p>{@link dev.atlas.it.sim.cluster.SimCluster} is the script's face: crash, partition, run for a while, look. Driven by one thread.
 */
@NullMarked
package dev.atlas.it.sim.cluster;

import org.jspecify.annotations.NullMarked;
