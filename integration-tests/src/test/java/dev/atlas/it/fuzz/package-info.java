/**
 * Throws bytes that nobody should send at decoders, framing and handshake, and at a live cluster.
 *
 * <p>Mutations are drawn from a seed and made from valid messages, so that they get past the first check. Every test runs a slice unless
 * {@code -Datlas.fuzz.frames} (for each decoder) or {@code -Datlas.fuzz.live} (for each attack on a cluster) asks for more. Each test's thread owns all that it
 * makes.
 */
@NullMarked
package dev.atlas.it.fuzz;

import org.jspecify.annotations.NullMarked;
