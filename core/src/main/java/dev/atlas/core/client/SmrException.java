package dev.atlas.core.client;

/** A call brought no result; the kind says what is known of the operation and what may be retried. */
public abstract sealed class SmrException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private SmrException(String message) {
        super(message);
    }

    /** The operation has not been executed and never will be under this number: calling again is safe. */
    public static final class NotExecuted extends SmrException {
        private static final long serialVersionUID = 1L;

        NotExecuted(String reason) {
            super("not executed: " + reason);
        }
    }

    /** The operation may or may not have been executed, or may yet be. */
    public static final class OutcomeUnknown extends SmrException {
        private static final long serialVersionUID = 1L;

        OutcomeUnknown(String reason) {
            super("outcome unknown: " + reason);
        }
    }

    /** The operation was ordered, and the application refused it by an exception, the same on every replica. */
    public static final class ApplicationFailed extends SmrException {
        private static final long serialVersionUID = 1L;

        ApplicationFailed(String error) {
            super(error);
        }
    }

    /**
     * The operation was executed, once, but the answer did not arrive, and when it was asked for again it was no longer there: too many bytes of
     * results were left unacknowledged. Do not call again for what must not happen twice; read the state instead, and have fewer calls with large
     * results in flight.
     */
    public static final class ResultNotKept extends SmrException {
        private static final long serialVersionUID = 1L;

        ResultNotKept(String reason) {
            super("executed, but its result was not kept: " + reason);
        }
    }

    /** The request is larger than the configuration allows; it was not sent. */
    public static final class RequestTooLarge extends SmrException {
        private static final long serialVersionUID = 1L;

        RequestTooLarge(int size, int largest) {
            super("a request of " + size + " bytes is above the limit of " + largest
                    + ": split it, or raise largestRequest together with the replicas' frame limit");
        }
    }

    /** The client was closed before the call was sent. */
    public static final class Closed extends SmrException {
        private static final long serialVersionUID = 1L;

        Closed() {
            super("the client is closed");
        }
    }
}
