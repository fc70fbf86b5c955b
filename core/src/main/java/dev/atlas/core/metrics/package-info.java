/**
 * Flight recorder events of the client; free when nobody records.
 */
@NullMarked
package dev.atlas.core.metrics;

import org.jspecify.annotations.NullMarked;
