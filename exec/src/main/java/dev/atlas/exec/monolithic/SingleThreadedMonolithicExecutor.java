package dev.atlas.exec.monolithic;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.executor.SequentialRunner;
import dev.atlas.exec.executor.StateMachineExecutor;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.Environment;

/** Executes one operation at a time, on a state that is one stream of bytes. */
public final class SingleThreadedMonolithicExecutor<S extends MonolithicState, Q, R>
        extends StateMachineExecutor<S, Q, R> {

    /**
     * @param membershipDigest part of every state digest
     */
    public SingleThreadedMonolithicExecutor(
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
                new MonolithicForm<>(),
                sessions,
                membershipDigest,
                replier,
                listener);
        start();
    }

    /** For a replica. */
    public static <S extends MonolithicState, Q, R> ExecutorFactory of(Application<S, Q, R> application) {
        return (environment, sessions, membershipDigest, replier, listener) -> new SingleThreadedMonolithicExecutor<>(
                environment, application, sessions, membershipDigest, replier, listener);
    }
}
