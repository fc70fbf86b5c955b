/**
 * Brings this replica to a certified checkpoint's state, and others to its own.
 *
 * <p>Straight-line blocking code on virtual threads of its own: nothing here holds up ordering or execution. What peers send is data: checked against a
 * certificate, bounded, and asked for elsewhere if it does not come or does not fit.
 */
@NullMarked
package dev.atlas.replica.transfer;

import org.jspecify.annotations.NullMarked;
