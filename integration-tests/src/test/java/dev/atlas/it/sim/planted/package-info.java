/**
 * Bugs planted on purpose, each of which the simulator must find: a harness that finds nothing proves nothing.
 *
 * <p>A bug is a changed line of production source, compiled beside the original and loaded in its place. Production code knows nothing of it, and a change that
 * fits no more is an error, not a bug that was caught.
 */
@NullMarked
package dev.atlas.it.sim.planted;

import org.jspecify.annotations.NullMarked;
