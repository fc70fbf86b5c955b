package dev.atlas.core.application;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.io.IOException;
import java.util.List;

/** A state that is checkpointed and transferred in parts, so that only what differs has to be hashed and sent. */
public interface DivisibleState {

    /**
     * The parts of the state as it is, in an order and a division that depend on the state's contents only: equal states give equal lists, whatever
     * their histories. Digests of parts that have not changed should be remembered.
     */
    List<PartDescriptor> parts();

    /**
     * The bytes of one part of the state as it is.
     *
     * @throws IllegalArgumentException if {@link #parts} does not name it
     */
    ByteString part(PartDescriptor part);

    /**
     * The digest that {@link #parts} gives a part with these bytes. Depends on nothing but them, and is called by any thread: a transferred part is
     * checked with it.
     *
     * @throws IOException if these are no bytes of a part
     */
    default Digest digest(ByteString part) throws IOException {
        return Hasher.hash(part.asReadOnlyByteBuffer());
    }

    /** Forgets everything. */
    void clear();

    /**
     * Adds what a part holds; after {@link #clear} and all parts of another state, in any order, the two are equal.
     *
     * @throws IOException if these are no bytes of a part
     */
    void install(ByteString part) throws IOException;

    /**
     * One part.
     *
     * @param id which part of the state, unique in it
     * @param bytes size of the part
     */
    record PartDescriptor(ByteString id, Digest digest, long bytes) {}
}
