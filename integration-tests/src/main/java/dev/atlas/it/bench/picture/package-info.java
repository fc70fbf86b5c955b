/**
 * Pictures of what benchmarks have measured, as SVG.
 */
@NullMarked
package dev.atlas.it.bench.picture;

import org.jspecify.annotations.NullMarked;
