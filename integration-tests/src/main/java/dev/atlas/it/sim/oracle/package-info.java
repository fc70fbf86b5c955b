/**
 * What must hold in every run, whatever the faults: the judges that watch executions, messages and answers.
 *
 * <p>A judge knows nothing of how a run is made. It throws nothing: what it finds goes to a sink that ends the run.
 */
@NullMarked
package dev.atlas.it.sim.oracle;

import org.jspecify.annotations.NullMarked;
