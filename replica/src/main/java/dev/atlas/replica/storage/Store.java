package dev.atlas.replica.storage;

import java.io.IOException;
import java.util.Optional;

/**
 * An open, ordered map of bytes that survives. Used by one thread.
 *
 * <p>A write is atomic. Writes become durable in order: one that was not synced may be lost at a power failure, and everything after it with it. After an
 * exception nothing is known of the write, and nothing but {@link #close} may be called.
 */
public interface Store extends AutoCloseable {

    Optional<byte[]> get(byte[] key) throws IOException;

    /** Shows what lies from {@code from} on and before {@code to}, ascending as unsigned bytes, until the visitor has enough. */
    void scan(byte[] from, byte[] to, Visitor visitor) throws IOException;

    /**
     * @param synced whether this write, and all before it, are durable on return
     */
    void write(Changes changes, boolean synced) throws IOException;

    /** Makes everything that was written durable. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;

    /** Sees entries; returns whether it wants more. */
    @FunctionalInterface
    interface Visitor {
        boolean visit(byte[] key, byte[] value) throws IOException;
    }
}
