/**
 * The arithmetic and the small values of replication: quorums, membership, sessions.
 *
 * <p>Pure and immutable: no I/O, no time, no threads.
 */
@NullMarked
package dev.atlas.core.types;

import org.jspecify.annotations.NullMarked;
