/**
 * The port to durable storage. Implementations live in the replica.
 */
@NullMarked
package dev.atlas.core.storage;

import org.jspecify.annotations.NullMarked;
