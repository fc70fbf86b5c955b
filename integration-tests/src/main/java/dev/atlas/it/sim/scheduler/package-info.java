/**
 * Virtual time and a seeded scheduler for virtual threads: every thread of a simulated cluster runs on the one thread that calls {@link
 * dev.atlas.it.sim.scheduler.Scheduler#run}, and the seed picks who is next.
 *
 * <p>A {@link dev.atlas.it.sim.scheduler.SimProcess} is what an operating system's process is: it owns threads and can be killed at any moment.
 * Nothing here knows of replicas. Everything is owned by the scheduler's thread and those that it carries, one at a time, so nothing is locked.
 */
@NullMarked
package dev.atlas.it.sim.scheduler;

import org.jspecify.annotations.NullMarked;
