package dev.atlas.exec.executor;

import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.Environment;

/** Which executor runs which application: what a replica is given. */
@FunctionalInterface
public interface ExecutorFactory {

    /**
     * Starts an executor.
     *
     * @param membershipDigest part of every state digest
     */
    StateMachineExecutor<?, ?, ?> start(
            Environment environment,
            SessionLimits sessions,
            Digest membershipDigest,
            Replier replier,
            ExecutionListener listener);
}
