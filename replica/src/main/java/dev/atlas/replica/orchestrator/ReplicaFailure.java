package dev.atlas.replica.orchestrator;

import org.jspecify.annotations.Nullable;

/** The replica cannot go on and stops; the message says why. */
public final class ReplicaFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ReplicaFailure(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
