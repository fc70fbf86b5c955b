package dev.atlas.exec.sequential;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorHandle;
import dev.atlas.core.execution.ExecutorStatus;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.metrics.BatchExecutionEvent;
import dev.atlas.exec.metrics.CheckpointHashEvent;
import dev.atlas.exec.metrics.UnorderedExecutionEvent;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.session.Verdict;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executes decided batches in order, one operation at a time, on a platform thread of its own.
 *
 * <p>A checkpoint hashes the whole state between two batches and pauses execution for as long. Unordered requests run between batches too, and
 * do not wait behind the ordered ones in the queue. An exception of the application is the request's error reply; an {@link Error} stops the executor.
 *
 * @param <S> state
 * @param <Q> request
 * @param <R> reply
 */
public final class SingleThreadedMonolithicExecutor<S extends MonolithicState, Q, R>
        implements ExecutorHandle, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SingleThreadedMonolithicExecutor.class);
    private static final int ORDERED_CAPACITY = 16_384;
    private static final int UNORDERED_CAPACITY = 16_384;
    private static final int REQUESTS_PER_TURN = 64;

    private final Mailbox<Lane, ExecutionRequest> work =
            new Mailbox<>(Lane.class, lane -> lane == Lane.ORDERED ? ORDERED_CAPACITY : UNORDERED_CAPACITY);
    private final DedicatedThread thread;
    private final Replier replier;
    private final ExecutionListener listener;

    /** Owned by the executor's thread, like the two fields below. */
    private final ReplicatedState<S> state;

    private final Operations<S, Q, R> operations;
    private long lastView;

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
        this.replier = replier;
        this.listener = listener;
        this.state = new ReplicatedState<>(application.initialState(), sessions, membershipDigest);
        this.operations = new Operations<>(application);
        this.thread = environment.dedicatedThread("executor");
        this.thread.execute(this::run);
    }

    @Override
    public void submit(ExecutionRequest request) throws InterruptedException {
        work.put(Lane.of(request), request);
    }

    @Override
    public boolean offer(ExecutionRequest request) {
        return work.offer(Lane.of(request), request);
    }

    @Override
    public int depth() {
        return work.depth(Lane.ORDERED) + work.depth(Lane.UNORDERED);
    }

    /** Executes what is queued, then ends the thread. */
    @Override
    public void close() {
        work.close();
        thread.close();
    }

    private void run() {
        List<ExecutionRequest> drained = new ArrayList<>(REQUESTS_PER_TURN);
        try {
            while (work.drain(drained, REQUESTS_PER_TURN)) {
                drained.forEach(this::handle);
                drained.clear();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (Throwable failure) {
            // Throwable: also an Error of the application must be reported and stop the replica.
            LOG.error("the executor stops", failure);
            listener.failed(failure);
        }
    }

    private void handle(ExecutionRequest request) {
        switch (request) {
            case ExecutionRequest.Update update -> update(update.batch());
            case ExecutionRequest.UpdateAndGetAppState update -> {
                update(update.batch());
                checkpoint(update.batch());
            }
            case ExecutionRequest.CatchUp catchUp -> catchUp.batches().forEach(this::execute);
            case ExecutionRequest.ExecuteUnordered unordered -> unordered(unordered.bundles());
            case ExecutionRequest.AnswerAgain again -> answerAgain(again.bundle());
            case ExecutionRequest.Read read ->
                read.asker()
                        .accept(new ExecutorStatus(
                                state.sequence(),
                                state.digest(),
                                state.sessions().sessions(),
                                state.operations()));
        }
    }

    private void update(DecidedBatch batch) {
        replier.ordered(batch.view(), execute(batch));
    }

    private Map<ClientId, List<Reply>> execute(DecidedBatch batch) {
        BatchExecutionEvent event = new BatchExecutionEvent();
        event.begin();
        lastView = batch.view();
        state.begin(batch);
        long before = state.operations();
        Map<ClientId, List<Reply>> replies = new LinkedHashMap<>();
        List<ExecutionListener.Answered> answered = new ArrayList<>();
        int index = 0;
        for (RequestBundle bundle : batch.bundles()) {
            bundle.acknowledgements()
                    .forEach(acknowledged -> state.sessions().acknowledge(bundle.client(), acknowledged));
            for (Request request : bundle.requests()) {
                SessionId place = new SessionId(batch.sequence(), index++);
                if (request.kind() != Request.Kind.UNORDERED) {
                    Reply reply = execute(batch, bundle.client(), request, place);
                    replies.computeIfAbsent(bundle.client(), client -> new ArrayList<>())
                            .add(reply);
                    answered.add(new ExecutionListener.Answered(bundle.client(), request.session(), request.number()));
                }
            }
        }
        listener.answered(batch.sequence(), answered);
        event.sequence = batch.sequence();
        event.operations = (int) (state.operations() - before);
        event.commit();
        return replies;
    }

    private Reply execute(DecidedBatch batch, ClientId client, Request request, SessionId place) {
        return switch (state.sessions().judge(client, request, place)) {
            case Verdict.Answer answer -> answer.reply();
            case Verdict.Execute ignored -> {
                Reply reply = operations.ordered(
                        state.application(), client, request, place, state.timeMillis(), batch.chain());
                state.executed(client, request, reply);
                yield reply;
            }
        };
    }

    private void checkpoint(DecidedBatch batch) {
        CheckpointHashEvent event = new CheckpointHashEvent();
        event.begin();
        Digest digest = state.digest();
        event.sequence = batch.sequence();
        event.commit();
        listener.checkpoint(batch.sequence(), batch.chain(), digest);
    }

    private void unordered(List<RequestBundle> bundles) {
        UnorderedExecutionEvent event = new UnorderedExecutionEvent();
        event.begin();
        Map<ClientId, List<Reply>> replies = new LinkedHashMap<>();
        for (RequestBundle bundle : bundles) {
            for (Request request : bundle.requests()) {
                if (request.kind() == Request.Kind.UNORDERED) {
                    Reply reply = operations.unordered(
                            state.application(), bundle.client(), request, state.sequence(), state.timeMillis());
                    replies.computeIfAbsent(bundle.client(), client -> new ArrayList<>())
                            .add(reply);
                    event.operations++;
                }
            }
        }
        event.commit();
        replier.unordered(lastView, replies);
    }

    private void answerAgain(RequestBundle bundle) {
        List<Reply> stored = new ArrayList<>();
        for (Request request : bundle.requests()) {
            if (request.kind() != Request.Kind.UNORDERED
                    && state.sessions().find(bundle.client(), request) instanceof Verdict.Answer answer) {
                stored.add(answer.reply());
            }
        }
        if (!stored.isEmpty()) {
            replier.ordered(lastView, Map.of(bundle.client(), stored));
        }
    }

    private enum Lane {
        ORDERED,
        UNORDERED;

        static Lane of(ExecutionRequest request) {
            return switch (request) {
                case ExecutionRequest.Update ignored -> ORDERED;
                case ExecutionRequest.UpdateAndGetAppState ignored -> ORDERED;
                case ExecutionRequest.CatchUp ignored -> ORDERED;
                case ExecutionRequest.ExecuteUnordered ignored -> UNORDERED;
                case ExecutionRequest.AnswerAgain ignored -> UNORDERED;
                case ExecutionRequest.Read ignored -> UNORDERED;
            };
        }
    }
}
