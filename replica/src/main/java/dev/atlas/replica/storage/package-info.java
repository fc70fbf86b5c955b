/**
 * Where a replica keeps what it must not forget.
 */
@NullMarked
package dev.atlas.replica.storage;

import org.jspecify.annotations.NullMarked;
