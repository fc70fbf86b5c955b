/**
 * Flight recorder events of execution; free when nobody records.
 */
@NullMarked
package dev.atlas.exec.metrics;

import org.jspecify.annotations.NullMarked;
