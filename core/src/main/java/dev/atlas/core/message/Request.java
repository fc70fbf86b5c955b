package dev.atlas.core.message;

import com.google.protobuf.ByteString;
import dev.atlas.core.types.SessionId;

/**
 * One operation of a client.
 *
 * @param session {@link SessionId#NONE} unless {@link Kind#ORDERED}
 * @param number the operation number within its session (from 1), the opening number for {@link Kind#OPEN_SESSION} (must grow per client), or the
 *     client's own correlation number for {@link Kind#UNORDERED}
 */
public record Request(Kind kind, SessionId session, long number, ByteString payload) {

    public Request {
        if (number < 0) {
            throw new IllegalArgumentException("a request number is 0 or more, not " + number);
        }
    }

    /** How a request is treated. */
    public enum Kind {
        OPEN_SESSION,
        ORDERED,
        UNORDERED
    }
}
