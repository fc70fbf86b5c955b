/**
 * Where a replica keeps what it must not forget.
 *
 * <p>A {@code Disk} is opened into a {@code Store}, an ordered map; {@code DurableLog} writes records into it, in groups, on one platform thread that nobody
 * else uses, and reads them when the replica starts. Kinds of records and their keys are listed in {@code Key}, contents in {@code Formats}, and what wraps
 * each of them in {@code Seal}. A directory is opened as a {@code LevelDbDisk}, or, where every write is synced, as a {@code JournaledDisk}. Nothing here knows what a vote means.
 */
@NullMarked
package dev.atlas.replica.storage;

import org.jspecify.annotations.NullMarked;
