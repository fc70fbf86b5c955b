/**
 * A whole cluster in one process, for JUnit tests, the demo and benchmarks: start, kill, cut, tamper, wait; or as a process for each replica, with real kills.
 */
@NullMarked
package dev.atlas.it.cluster;

import org.jspecify.annotations.NullMarked;
