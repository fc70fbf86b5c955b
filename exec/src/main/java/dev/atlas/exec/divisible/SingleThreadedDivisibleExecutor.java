package dev.atlas.exec.divisible;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.executor.SequentialRunner;
import dev.atlas.exec.executor.StateMachineExecutor;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.Environment;

/** Executes one operation at a time, on a state that is divided into parts. */
public final class SingleThreadedDivisibleExecutor<S extends DivisibleState, Q, R>
        extends StateMachineExecutor<S, Q, R> {

    /**
     * @param membershipDigest part of every state digest
     */
    public SingleThreadedDivisibleExecutor(
            Environment environment,
            Application<S, Q, R> application,
            SessionLimits sessions,
            Digest membershipDigest,
            Replier replier,
            ExecutionListener listener) {
        super(
                environment,
                application,
                new SequentialRunner<>(application, sessions.results().largest()),
                new DivisibleForm<>(),
                sessions,
                membershipDigest,
                replier,
                listener);
        start();
    }

    /** For a replica. */
    public static <S extends DivisibleState, Q, R> ExecutorFactory of(Application<S, Q, R> application) {
        return (environment, sessions, membershipDigest, replier, listener) -> new SingleThreadedDivisibleExecutor<>(
                environment, application, sessions, membershipDigest, replier, listener);
    }
}
