/**
 * The messages of replication as immutable records: what is said, not how it is encoded.
 *
 * <p>Compact constructors check shape (no negative numbers, lists copied); whether a message is acceptable is for the protocol. Pure.
 */
@NullMarked
package dev.atlas.core.message;

import org.jspecify.annotations.NullMarked;
