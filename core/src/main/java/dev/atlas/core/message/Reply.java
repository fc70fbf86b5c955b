package dev.atlas.core.message;

import com.google.protobuf.ByteString;
import dev.atlas.core.types.SessionId;

/**
 * The answer to one request. Two replies match when all fields are equal.
 *
 * @param session of the request; the new session in the answer to an opening
 * @param number of the request
 * @param sequence where the operation was executed in the log, or the state that an unordered one was executed on; 0 if it was not executed, so that every
 *     replica can repeat the answer later, wherever in the log the request stands again
 * @param result the application's reply, or the text of an {@link Outcome#APPLICATION_ERROR} or {@link Outcome#RESULT_NOT_KEPT}
 */
public record Reply(
        Request.Kind kind, SessionId session, long number, long sequence, Outcome outcome, ByteString result) {

    /** The answer to an ordered request that is not executed, or to an opening that opens nothing. */
    public static Reply refused(Request request, Outcome outcome) {
        return new Reply(request.kind(), request.session(), request.number(), 0, outcome, ByteString.EMPTY);
    }

    /** What became of a request. */
    public enum Outcome {
        EXECUTED,
        /** The application threw, or its result was too long; the same on every replica. */
        APPLICATION_ERROR,
        SESSION_OPENED,
        /** Another operation with this number was ordered first. */
        CONFLICT,
        /** Given up by the client before it was ordered; will never execute. */
        DEAD,
        /** The session is not in the table. */
        EXPIRED,
        /** An opening with a number that is not above the client's last. */
        STALE_OPENING,
        /** Executed when it was ordered first; what came of it then was answered once, but there was no room to keep it. */
        RESULT_NOT_KEPT
    }
}
