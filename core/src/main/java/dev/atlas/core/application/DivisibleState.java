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
     * One part of the state as it is; it stays so when the state changes. {@link PlainPart} does, a form of one's own may write the bytes later, or never.
     *
     * @throws IllegalArgumentException if {@link #parts} does not name it
     */
    Part part(PartDescriptor part);

    /**
     * Reads what is said to be the bytes of a part, and checks that it is: the descriptor is to be believed, and whoever sent the bytes may have written them to
     * deceive. Depends on nothing but the two, and is called by any thread. What has been read can go with the part to {@link #install}, where its bytes need not
     * be read again.
     *
     * <p>By default, for digests that are plain hashes of the bytes.
     *
     * @throws IOException if the bytes are not those of this very part, with its id, digest and size
     */
    default Part read(PartDescriptor part, ByteString bytes) throws IOException {
        return PlainPart.read(part, bytes);
    }

    /** Forgets everything. */
    void clear();

    /**
     * Adds what a part holds; after {@link #clear} and all parts of another state, in any order, the two are equal. Nothing else is asked of the state before
     * that.
     *
     * @param part by {@link #read} or {@link #part}, of any state of this class
     * @throws IOException if it does not go together with those before
     */
    void install(Part part) throws IOException;

    /**
     * One part.
     *
     * @param id which part of the state, unique in it
     * @param bytes size of the part
     */
    record PartDescriptor(ByteString id, Digest digest, long bytes) {}

    /** A part of a state, whole and on its own. Immutable. */
    interface Part {

        PartDescriptor descriptor();

        /** May be written at each call. */
        ByteString bytes();
    }

    /** Just the bytes of a part. */
    record PlainPart(PartDescriptor descriptor, ByteString bytes) implements Part {

        /**
         * The part, if size and plain hash of the bytes are its own.
         *
         * @throws IOException if they are not
         */
        public static PlainPart read(PartDescriptor part, ByteString bytes) throws IOException {
            if (bytes.size() != part.bytes()
                    || !Hasher.hash(bytes.asReadOnlyByteBuffer()).equals(part.digest())) {
                throw new IOException("other bytes than those of the part");
            }
            return new PlainPart(part, bytes);
        }
    }
}
