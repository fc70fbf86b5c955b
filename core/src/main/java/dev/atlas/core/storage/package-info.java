/**
 * The ports to durable storage: {@link dev.atlas.core.storage.PersistentLog} writes, {@link dev.atlas.core.storage.History} reads. Implementations live in
 * the replica.
 */
@NullMarked
package dev.atlas.core.storage;

import org.jspecify.annotations.NullMarked;
