package dev.atlas.replica.storage;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A replica's records cannot be used; the message says what to do about it. */
public final class StorageException extends IOException {

    private static final long serialVersionUID = 1L;

    public StorageException(String message) {
        super(message);
    }

    public StorageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
