package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.DivisibleState;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorStatus;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.divisible.MultiThreadedDivisibleExecutor;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.exec.monolithic.MultiThreadedMonolithicExecutor;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** One of the four executors, what it is fed, and what it says. */
final class Driven implements ExecutionListener, Replier, AutoCloseable {

    static final List<String> KINDS =
            List.of("single-monolithic", "multi-monolithic", "single-divisible", "multi-divisible");

    /** The same over a state without snapshots. */
    static final List<String> PLAIN =
            KINDS.stream().map(kind -> kind + " plain").toList();

    final ConcurrentLinkedQueue<String> replies = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Reply> unordered = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> checkpoints = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<AnsweredNumbers> installed = new ConcurrentLinkedQueue<>();
    final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    final StateMachineExecutor<?, ?, ?> executor;

    /** Replies wait for it, and so does the executor: what is queued meanwhile is executed together. */
    volatile CountDownLatch gate = new CountDownLatch(0);

    /** What else happens when another state was installed. */
    volatile Runnable atInstallation = () -> {};

    private long sequence;
    private Digest chain = Digest.ZERO;

    Driven(String kind, Environment environment, SessionLimits limits) {
        this(kind, environment, limits, () -> {});
    }

    /**
     * @param pause called where operations may be interleaved
     */
    Driven(String kind, Environment environment, SessionLimits limits, Runnable pause) {
        this(
                KINDS.contains(kind)
                        ? factory(kind, new Scribbler<>(KeyValueState::new, pause))
                        : factory(
                                kind.replace(" plain", ""),
                                new Scribbler<>(() -> new PlainState(new KeyValueState()), pause)),
                environment,
                limits);
    }

    Driven(ExecutorFactory factory, Environment environment, SessionLimits limits) {
        executor = factory.start(environment, limits, Digest.ZERO, this, this);
    }

    static <S extends MonolithicState & DivisibleState & CrudState> ExecutorFactory factory(
            String kind, Scribbler<S> application) {
        return switch (kind) {
            case "single-monolithic" -> SingleThreadedMonolithicExecutor.of(application);
            case "multi-monolithic" -> MultiThreadedMonolithicExecutor.of(application, SpeculationSettings.always(4));
            case "single-divisible" -> SingleThreadedDivisibleExecutor.of(application);
            case "multi-divisible" -> MultiThreadedDivisibleExecutor.of(application, SpeculationSettings.always(4));
            default -> throw new IllegalArgumentException(kind);
        };
    }

    static ClientId client(int number) {
        return new ClientId(new Digest(number + 1, 1, 1, 1));
    }

    static RequestBundle bundle(
            int client, List<RequestBundle.Acknowledgement> acknowledgements, List<Request> requests) {
        return new RequestBundle(
                client(client), new PublicKey(new byte[1]), requests, acknowledgements, ByteString.EMPTY, Digest.ZERO);
    }

    static Request opening(long number) {
        return new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY);
    }

    static Request ordered(SessionId session, long number, ByteString payload) {
        return new Request(Request.Kind.ORDERED, session, number, payload);
    }

    static Request unordered(long number, ByteString payload) {
        return new Request(Request.Kind.UNORDERED, SessionId.NONE, number, payload);
    }

    DecidedBatch batch(long timestamp, List<RequestBundle> bundles) {
        Batch batch = Batches.of(
                timestamp, bundles.stream().map(RequestBundle::digest).toList());
        chain = Chain.next(chain, ++sequence, batch.digest());
        return new DecidedBatch(0, sequence, batch, bundles, chain);
    }

    void feed(RequestBundle... bundles) throws InterruptedException {
        executor.submit(new ExecutionRequest.Update(batch(1, List.of(bundles))));
    }

    /** Behind everything fed so far, because it waits for it; a status request alone may overtake. */
    ExecutorStatus status() throws Exception {
        executor.submit(new ExecutionRequest.CatchUp(List.of()));
        while (true) {
            CompletableFuture<ExecutorStatus> answer = new CompletableFuture<>();
            executor.submit(new ExecutionRequest.Read(answer::complete));
            // Without a deadline: this may run in a seeded schedule, which notices by itself when nothing goes on.
            ExecutorStatus status = answer.get();
            if (status.executed() >= sequence || failure.isDone()) {
                return status;
            }
        }
    }

    List<String> repliesSoFar() {
        return new ArrayList<>(replies);
    }

    @Override
    public void ordered(long view, Map<ClientId, List<Reply>> answers) {
        try {
            gate.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        answers.forEach((client, its) -> its.forEach(reply -> replies.add(client + " " + text(reply))));
    }

    private static String text(Reply reply) {
        return reply.session() + "/" + reply.number() + " at " + reply.sequence() + ": " + reply.outcome() + " "
                + reply.result().toStringUtf8();
    }

    @Override
    public void unordered(long view, Map<ClientId, List<Reply>> answers) {
        answers.values().forEach(unordered::addAll);
    }

    @Override
    public long waiting(ClientId client) {
        return 0;
    }

    @Override
    public void checkpoint(long at, Digest chainThere, Digest stateDigest) {
        checkpoints.add(at + ":" + stateDigest);
    }

    @Override
    public void installed(AnsweredNumbers answered) {
        installed.add(answered);
        atInstallation.run();
    }

    @Override
    public void failed(Throwable cause) {
        failure.complete(cause);
    }

    @Override
    public void close() {
        executor.close();
    }
}
