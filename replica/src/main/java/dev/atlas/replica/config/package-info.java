/**
 * Configuration as validated, immutable records; the documentation of each value says what goes wrong when it is too small or too large.
 */
@NullMarked
package dev.atlas.replica.config;

import org.jspecify.annotations.NullMarked;
