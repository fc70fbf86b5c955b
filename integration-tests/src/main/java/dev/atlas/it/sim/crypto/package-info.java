/**
 * A fast stand-in for signatures, for runs in which they are not what is tested.
 */
@NullMarked
package dev.atlas.it.sim.crypto;

import org.jspecify.annotations.NullMarked;
