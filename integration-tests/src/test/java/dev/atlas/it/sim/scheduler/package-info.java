/** The scheduler of simulations, held to what makes runs repeatable. */
@NullMarked
package dev.atlas.it.sim.scheduler;

import org.jspecify.annotations.NullMarked;
