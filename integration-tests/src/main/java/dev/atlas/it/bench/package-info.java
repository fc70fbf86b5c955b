/**
 * Benchmarks: programs that print their settings, a table, and JSON.
 */
@NullMarked
package dev.atlas.it.bench;

import org.jspecify.annotations.NullMarked;
