/**
 * Parallel against sequential execution of blocks of operations, over a grid of costs, conflicts and threads; each cell is a JMH benchmark in a JVM of its own.
 */
@NullMarked
package dev.atlas.it.bench.execution;

import org.jspecify.annotations.NullMarked;
