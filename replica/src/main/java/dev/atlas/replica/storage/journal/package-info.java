/**
 * A journal: records of bytes, appended to files that were filled with zeros in advance, so that making one durable costs one write and one cheap sync.
 *
 * <p>Knows nothing of what the records mean, nor where their content goes in the end: whoever owns the journal keeps its {@code Root} elsewhere, and says there
 * up to which epoch the content has arrived. Two files take turns, an epoch each; a file is reused as it is when the content of its epoch has arrived.
 * {@code Frame} describes the format of a record, {@code Recovery} what is made of the files after a failure. Everything here belongs to the storage thread.
 */
@NullMarked
package dev.atlas.replica.storage.journal;

import org.jspecify.annotations.NullMarked;
