package dev.atlas.exec.divisible;

import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.ScalableApplication;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.executor.ParallelRunner;
import dev.atlas.exec.executor.StateMachineExecutor;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.speculative.SpeculativeRunner;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.Environment;

/** Executes operations in parallel, with the results of one at a time, on a state that is divided into parts. */
public final class MultiThreadedDivisibleExecutor<S extends DivisibleState & CrudState, Q, R>
        extends StateMachineExecutor<S, Q, R> {

    /**
     * @param membershipDigest part of every state digest
     */
    public MultiThreadedDivisibleExecutor(
            Environment environment,
            ScalableApplication<S, Q, R> application,
            SpeculationSettings speculation,
            SessionLimits sessions,
            Digest membershipDigest,
            Replier replier,
            ExecutionListener listener) {
        super(
                environment,
                application,
                new ParallelRunner<>(
                        application,
                        new SpeculativeRunner(environment, speculation),
                        sessions.results().largest()),
                new DivisibleForm<>(),
                sessions,
                membershipDigest,
                replier,
                listener);
        start();
    }

    /** For a replica. */
    public static <S extends DivisibleState & CrudState, Q, R> ExecutorFactory of(
            ScalableApplication<S, Q, R> application, SpeculationSettings speculation) {
        return (environment, sessions, membershipDigest, replier, listener) -> new MultiThreadedDivisibleExecutor<>(
                environment, application, speculation, sessions, membershipDigest, replier, listener);
    }
}
