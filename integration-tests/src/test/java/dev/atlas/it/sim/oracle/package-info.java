/** The judges, on histories known to be good or bad. */
@NullMarked
package dev.atlas.it.sim.oracle;

import org.jspecify.annotations.NullMarked;
