/**
 * The main job, shown: a directory goes into a replicated store, replicas die, and everything comes out again.
 */
@NullMarked
package dev.atlas.it.demo;

import org.jspecify.annotations.NullMarked;
