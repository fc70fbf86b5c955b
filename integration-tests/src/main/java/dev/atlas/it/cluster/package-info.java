/**
 * A whole cluster in one process, for JUnit tests, the demo and benchmarks: start, kill, cut, tamper, wait.
 */
@NullMarked
package dev.atlas.it.cluster;

import org.jspecify.annotations.NullMarked;
