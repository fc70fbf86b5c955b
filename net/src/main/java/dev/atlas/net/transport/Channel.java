package dev.atlas.net.transport;

import dev.atlas.net.crypto.PublicKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A bidirectional stream of bytes. One thread may read while another writes; {@link #close} may come from any thread and wakes
 * both, which then see an {@link IOException} or end of stream.
 */
public interface Channel extends AutoCloseable {

    /**
     * Negotiates whatever security the transport has (TLS 1.3 for the TLS transport), blocking. Called once, before the first byte.
     *
     * @return the key that the peer has proved to own, or empty if this transport authenticates nobody and the handshake above must
     */
    Optional<PublicKey> secure() throws IOException;

    /** Blocks for at least one byte; returns the count read into {@code target}, or -1 at the end of the stream. */
    int read(ByteBuffer target) throws IOException;

    /** Writes all remaining bytes, blocking. */
    void write(ByteBuffer source) throws IOException;

    /** Writes all remaining bytes of one and then of the other, blocking; where the transport can, as if they were one. */
    default void write(ByteBuffer first, ByteBuffer second) throws IOException {
        write(first);
        write(second);
    }

    /**
     * Whether reads and writes of a buffer outside the heap save a copy. Such buffers are dear to make and are given back late, so only
     * busy connections should have them.
     */
    default boolean prefersDirectBuffers() {
        return false;
    }

    /** The other end, for limits and messages; its host part identifies the machine. */
    String remoteHost();

    /** Idempotent, never throws, never blocks for long. */
    @Override
    void close();
}
