package dev.atlas.core.application;

import com.google.protobuf.ByteString;
import java.util.Optional;

/**
 * A state that is read and changed one entry at a time; an entry is named by column and key.
 *
 * <p>What an executor that runs requests in parallel needs to know of a state. An absent key and a deleted one are the same.
 * What names no entry, be it null or a column whose name does not encode in UTF-8, is refused by all methods alike.
 *
 * <p>Speculation reads first and writes when the whole block has been executed and nothing can be refused any more: a column and key that {@link #read} accepts
 * must be accepted by every write, with any value that is not null. An exception then stops the replica.
 */
public interface CrudState {

    /** The value, if the key is present. Called by several threads at once, while nobody writes. */
    Optional<ByteString> read(String column, ByteString key);

    /** Adds an entry if the key is absent; returns whether it was. */
    boolean create(String column, ByteString key, ByteString value);

    /** Sets the value, whether or not the key was present; returns the value before. */
    Optional<ByteString> update(String column, ByteString key, ByteString value);

    /** Removes the entry, if there is one; returns the value before. */
    Optional<ByteString> delete(String column, ByteString key);
}
