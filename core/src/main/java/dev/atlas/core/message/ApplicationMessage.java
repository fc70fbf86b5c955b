package dev.atlas.core.message;

import com.google.protobuf.ByteString;
import java.util.List;

/** What travels between clients and replicas on the application module. */
public sealed interface ApplicationMessage {

    /** A bundle as received: decoding and verification happen in pre-processing. */
    record Bundle(ByteString envelope) implements ApplicationMessage {}

    /** Answers of one replica, newest view and epoch with them so that a client follows changes. */
    record ReplyBundle(long epoch, long view, List<Reply> replies) implements ApplicationMessage {
        public ReplyBundle {
            replies = List.copyOf(replies);
        }
    }

    /** A hint to slow down, never an outcome. */
    record Busy(Reason reason, long retryAfterMillis) implements ApplicationMessage {
        /** Which bound was hit. */
        public enum Reason {
            QUOTA_EXCEEDED,
            REPLICA_OVERLOADED,
            NOT_SERVING
        }
    }
}
