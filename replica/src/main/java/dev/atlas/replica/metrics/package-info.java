/**
 * Flight recorder events of the replica's shell; free when nobody records.
 */
@NullMarked
package dev.atlas.replica.metrics;

import org.jspecify.annotations.NullMarked;
