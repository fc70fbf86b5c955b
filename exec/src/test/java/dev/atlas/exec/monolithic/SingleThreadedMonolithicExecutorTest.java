package dev.atlas.exec.monolithic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.ExecutionContext;
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
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SingleThreadedMonolithicExecutorTest {

    private static final ClientId CLIENT = new ClientId(new Digest(1, 1, 1, 1));
    private static final SessionId SESSION = new SessionId(1, 0);

    private final SystemEnvironment environment = SystemEnvironment.create("executor-test", 1);
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        environment.close();
    }

    @Test
    void aDuplicateInALaterBatchIsAnsweredAndNotExecutedAgain() throws Exception {
        Run run = new Run();
        run.feed(opening());
        run.feed(ordered(1, "a"));
        run.feed(ordered(1, "a"));
        ExecutorStatus status = run.status();
        assertThat(status.operations()).isEqualTo(1);
        assertThat(run.replies).hasSize(3);
        assertThat(run.replies.get(2)).isEqualTo(run.replies.get(1));
    }

    @Test
    void anExceptionOfTheApplicationIsTheSameErrorReplyOnEveryReplica() throws Exception {
        Run one = new Run();
        Run other = new Run();
        for (Run run : List.of(one, other)) {
            run.feed(opening());
            run.feed(ordered(1, "throw"));
        }
        assertThat(one.status().stateDigest()).isEqualTo(other.status().stateDigest());
        assertThat(one.replies).isEqualTo(other.replies);
        assertThat(one.replies.get(1).outcome()).isEqualTo(Reply.Outcome.APPLICATION_ERROR);
        assertThat(one.replies.get(1).result().toStringUtf8()).isEqualTo("IllegalStateException: thrown");
    }

    @Test
    void anErrorStopsTheExecutorAndIsReported() throws Exception {
        Run run = new Run();
        run.feed(opening());
        run.feed(ordered(1, "error"));
        assertThat(run.failure.get(10, TimeUnit.SECONDS)).isInstanceOf(AssertionError.class);
    }

    @Test
    void theStateDigestCoversRepliesSessionsAndTime() throws Exception {
        Run one = new Run();
        Run other = new Run();
        Run later = new Run();
        one.feed(1, opening());
        other.feed(1, opening());
        later.feed(2, opening());
        assertThat(one.status().stateDigest()).isEqualTo(other.status().stateDigest());
        assertThat(one.status().stateDigest())
                .as("time")
                .isNotEqualTo(later.status().stateDigest());
        one.feed(1, ordered(1, "time"));
        other.feed(1, ordered(1, "number"));
        assertThat(one.status().stateDigest())
                .as("replies")
                .isNotEqualTo(other.status().stateDigest());
    }

    @Test
    void timeNeverRunsBackwards() throws Exception {
        Run run = new Run();
        run.feed(100, opening());
        run.feed(50, ordered(1, "time"));
        run.feed(120, ordered(2, "time"));
        run.status();
        assertThat(run.replies.get(1).result().toStringUtf8()).isEqualTo("100");
        assertThat(run.replies.get(2).result().toStringUtf8()).isEqualTo("120");
    }

    @Test
    void aCheckpointReportsTheDigestOfItsSequenceNumber() throws Exception {
        Run run = new Run();
        run.feed(opening());
        DecidedBatch batch = run.batch(1, ordered(1, "a"));
        run.executor.submit(new ExecutionRequest.UpdateAndGetAppState(batch));
        ExecutorStatus status = run.status();
        assertThat(run.checkpoints).containsExactly(2L + ":" + status.stateDigest());
    }

    @Test
    void catchingUpExecutesWithoutReplies() throws Exception {
        Run run = new Run();
        run.executor.submit(
                new ExecutionRequest.CatchUp(List.of(run.batch(1, opening()), run.batch(1, ordered(1, "a")))));
        assertThat(run.status().executed()).isEqualTo(2);
        assertThat(run.replies).isEmpty();
    }

    /** Whoever reads a long log from a disk waits for it, so as not to have all of it in memory. */
    @Test
    void whoeverHasItCatchUpIsToldWhenItHas() throws Exception {
        Run run = new Run();
        AtomicInteger taken = new AtomicInteger();
        run.executor.submit(new ExecutionRequest.CatchUp(List.of(run.batch(1, opening())), taken::incrementAndGet));
        run.status();
        assertThat(taken).hasValue(1);
    }

    @Test
    void unorderedRequestsOfAnOrderedBundleAreSkipped() throws Exception {
        Run run = new Run();
        run.feed(opening());
        run.feed(new Request(Request.Kind.UNORDERED, SessionId.NONE, 1, ByteString.copyFromUtf8("a")));
        run.status();
        assertThat(run.replies).hasSize(1);
    }

    @Test
    void anAnswerIsSentAgainFromTheTable() throws Exception {
        Run run = new Run();
        run.feed(opening());
        run.feed(ordered(1, "a"));
        run.executor.submit(new ExecutionRequest.AnswerAgain(bundle(ordered(1, "a"))));
        run.status();
        assertThat(run.replies.getLast()).isEqualTo(run.replies.get(1));
        assertThat(run.replies).hasSize(3);
    }

    @Test
    void whoAskedForAnAnswerAgainIsToldThatItWaitsNoLonger() throws Exception {
        Run run = new Run();
        AtomicInteger taken = new AtomicInteger();
        run.executor.submit(new ExecutionRequest.AnswerAgain(bundle(ordered(1, "a")), taken::incrementAndGet));
        run.status();
        assertThat(taken).hasValue(1);
    }

    /** Asking costs nothing: who does not read is not to have all that is kept for it encoded, only to be dropped. */
    @Test
    void answersAreSentAgainAsFarAsThereIsRoomOnTheWayToTheirClient() throws Exception {
        Run run = new Run();
        run.feed(opening());
        run.feed(ordered(1, "a"), ordered(2, "a"));
        ExecutionRequest again = new ExecutionRequest.AnswerAgain(bundle(ordered(1, "a"), ordered(2, "a")));
        run.status();
        assertThat(run.replies).hasSize(3);
        run.waiting = 256 * 1024;
        run.executor.submit(again);
        run.status();
        assertThat(run.replies).hasSize(3);
        run.waiting = 256 * 1024 - 1;
        run.executor.submit(again);
        run.status();
        assertThat(run.replies).hasSize(4);
        run.waiting = 0;
        run.executor.submit(again);
        run.status();
        assertThat(run.replies).hasSize(6);
    }

    @Test
    void aRefusalIsSentAgainTooAndWhatIsNotExecutedYetIsNot() throws Exception {
        Run run = new Run();
        run.feed(opening());
        run.feed(ordered(1, "a"));
        run.feed(ordered(1, "b"));
        run.executor.submit(new ExecutionRequest.AnswerAgain(bundle(ordered(1, "b"), ordered(2, "a"))));
        run.status();
        assertThat(run.replies).hasSize(4);
        assertThat(run.replies.getLast())
                .isEqualTo(run.replies.get(2))
                .matches(reply -> reply.outcome() == Reply.Outcome.CONFLICT);
    }

    @Test
    void whatABundleAcknowledgesIsAcknowledgedBeforeItsRequestsAreJudged() throws Exception {
        Run run = new Run();
        run.feed(opening());
        run.feed(new RequestBundle(
                CLIENT,
                new PublicKey(new byte[1]),
                List.of(ordered(1, "a"), ordered(2, "b")),
                List.of(new RequestBundle.Acknowledgement(SESSION, 1)),
                ByteString.EMPTY,
                Digest.ZERO));
        run.feed(ordered(1, "a"));
        run.status();
        assertThat(run.replies.stream().skip(1).map(Reply::outcome))
                .containsExactly(Reply.Outcome.DEAD, Reply.Outcome.EXECUTED, Reply.Outcome.DEAD);
    }

    private static Request opening() {
        return new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, 1, ByteString.EMPTY);
    }

    private static Request ordered(long number, String body) {
        return new Request(Request.Kind.ORDERED, SESSION, number, ByteString.copyFromUtf8(body));
    }

    private static RequestBundle bundle(Request... requests) {
        return new RequestBundle(
                CLIENT, new PublicKey(new byte[1]), List.of(requests), List.of(), ByteString.EMPTY, Digest.ZERO);
    }

    /** An executor, what it is fed and what it says; replies are read only after {@link #status} has come back. */
    private final class Run implements ExecutionListener, Replier {
        final List<Reply> replies = new ArrayList<>();
        final ConcurrentLinkedQueue<String> checkpoints = new ConcurrentLinkedQueue<>();
        final CompletableFuture<Throwable> failure = new CompletableFuture<>();
        final SingleThreadedMonolithicExecutor<KeyValueState, String, String> executor =
                new SingleThreadedMonolithicExecutor<>(
                        environment, new Moody(), SessionLimits.defaults(), Digest.ZERO, this, this);
        volatile long waiting;
        private long sequence;
        private Digest chain = Digest.ZERO;

        Run() {
            opened.add(executor);
        }

        DecidedBatch batch(long timestamp, Request... requests) {
            Batch batch = Batches.of(timestamp, List.of(Digest.ZERO));
            chain = Chain.next(chain, ++sequence, batch.digest());
            return new DecidedBatch(0, sequence, batch, List.of(bundle(requests)), chain);
        }

        void feed(RequestBundle bundle) throws InterruptedException {
            Batch batch = Batches.of(1, List.of(Digest.ZERO));
            chain = Chain.next(chain, ++sequence, batch.digest());
            executor.submit(new ExecutionRequest.Update(new DecidedBatch(0, sequence, batch, List.of(bundle), chain)));
        }

        void feed(Request... requests) throws InterruptedException {
            feed(1, requests);
        }

        void feed(long timestamp, Request... requests) throws InterruptedException {
            executor.submit(new ExecutionRequest.Update(batch(timestamp, requests)));
        }

        /** A status request may overtake ordered ones, so it is asked until all are executed. */
        ExecutorStatus status() throws Exception {
            while (true) {
                CompletableFuture<ExecutorStatus> answer = new CompletableFuture<>();
                executor.submit(new ExecutionRequest.Read(answer::complete));
                ExecutorStatus status = answer.get(10, TimeUnit.SECONDS);
                if (status.executed() == sequence && executor.depth() == 0) {
                    CompletableFuture<ExecutorStatus> last = new CompletableFuture<>();
                    executor.submit(new ExecutionRequest.Read(last::complete));
                    return last.get(10, TimeUnit.SECONDS);
                }
            }
        }

        @Override
        public void ordered(long view, Map<ClientId, List<Reply>> answers) {
            answers.values().forEach(replies::addAll);
        }

        @Override
        public void unordered(long view, Map<ClientId, List<Reply>> answers) {
            answers.values().forEach(replies::addAll);
        }

        @Override
        public long waiting(ClientId client) {
            return waiting;
        }

        @Override
        public void checkpoint(long at, Digest chainThere, Digest stateDigest) {
            checkpoints.add(at + ":" + stateDigest);
        }

        @Override
        public void installed(AnsweredNumbers answered) {}

        @Override
        public void failed(Throwable cause) {
            failure.complete(cause);
        }
    }

    /** Does what its request says. */
    private static final class Moody implements Application<KeyValueState, String, String> {
        @Override
        public KeyValueState initialState() {
            return new KeyValueState();
        }

        @Override
        public Codec<String> requestCodec() {
            return Codec.UTF_8;
        }

        @Override
        public Codec<String> replyCodec() {
            return Codec.UTF_8;
        }

        @Override
        public String execute(KeyValueState state, String request, ExecutionContext context) {
            return switch (request) {
                case "throw" -> throw new IllegalStateException("thrown");
                case "error" -> throw new AssertionError("an error");
                case "time" -> Long.toString(context.timeMillis());
                case "number" -> Long.toString(context.number() + 1_000_000);
                default -> request;
            };
        }

        @Override
        public String executeUnordered(KeyValueState state, String request, ExecutionContext context) {
            return request;
        }
    }
}
