package dev.atlas.net.crypto;

import java.io.IOException;

/** A key file cannot be used as it is; the message names it and says what to do. */
public final class KeyFileException extends IOException {

    KeyFileException(String message) {
        super(message);
    }

    KeyFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
