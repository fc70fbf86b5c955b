package dev.atlas.core.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.Codec;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.ReplicaId;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One client against scripted replicas, n = 4 and f = 1. */
@Timeout(60)
class SmrClientTest {

    private static final String CLUSTER = "client-test";
    private static final SessionId SESSION = new SessionId(5, 2);
    private static final SessionId SECOND_SESSION = new SessionId(9, 0);
    private static final ClientConfig CONFIG = ClientConfig.defaults()
            .withRetransmit(new Backoff.Policy(Duration.ofMillis(500), Duration.ofSeconds(5)))
            .withDeadline(Duration.ofSeconds(30));

    private final ManualTime time = new ManualTime();
    private final SignatureScheme scheme = new Ed25519Scheme();
    private final SignatureScheme.KeyPair keys = scheme.generate(time.random());
    private final Membership membership = membership();
    private final ScriptedReplicas replicas =
            new ScriptedReplicas(ClientId.of(keys.publicKey()), membership, new BundleCodec(CLUSTER));
    private SmrClient<String, String> client = client(CONFIG);

    @AfterEach
    void close() {
        client.close();
        time.close();
    }

    // ---- reply quorums ----

    @Test
    void aResultNeedsMatchingAnswersOfDifferentReplicas() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        replicas.answer(3, ScriptedReplicas.executed(request, "lie"));
        replicas.answer(3, ScriptedReplicas.executed(request, "lie"));
        replicas.answer(3, ScriptedReplicas.executed(request, "lie"), ScriptedReplicas.executed(request, "lie"));
        replicas.answer(0, ScriptedReplicas.executed(request, "truth"));
        assertThat(result).isNotDone();
        replicas.answer(2, ScriptedReplicas.executed(request, "truth"));
        assertThat(result).isCompletedWithValue("truth");
    }

    /** A liar could send as much as its connection carries for each call that waits. */
    @Test
    void noLongAnswerIsHeldUntilOthersSayTheSame() {
        Call call = new Call(Request.Kind.ORDERED, ByteString.EMPTY, 0, false);
        byte[] bytes = new byte[1 << 20];
        WeakReference<byte[]> held = new WeakReference<>(bytes);
        call.answered(new ReplicaId(0), executed(UnsafeByteOperations.unsafeWrap(bytes)));
        bytes = new byte[0];
        for (int attempt = 0; attempt < 100 && held.get() != null; attempt++) {
            System.gc();
        }
        assertThat(held.get()).isNull();
        assertThat(call.answered(new ReplicaId(1), executed(ByteString.copyFrom(new byte[1 << 20]))))
                .as("replicas that say the same")
                .isEqualTo(2);
    }

    @Test
    void theDigestOfALongResultIsAnotherResult() {
        Call call = new Call(Request.Kind.ORDERED, ByteString.EMPTY, 0, false);
        byte[] bytes = new byte[1 << 20];
        call.answered(new ReplicaId(0), executed(ByteString.copyFrom(bytes)));
        ByteString digest = ByteString.copyFrom(Hasher.hash(bytes).toBytes());
        assertThat(call.answered(new ReplicaId(1), executed(digest))).isEqualTo(1);
    }

    private static Reply executed(ByteString result) {
        return new Reply(Request.Kind.ORDERED, SESSION, 1, 7, Outcome.EXECUTED, result);
    }

    @Test
    void orderedAnswersOfDifferentSequenceNumbersDoNotMatch() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        replicas.answer(0, ScriptedReplicas.reply(request, 7, Outcome.EXECUTED, "same"));
        replicas.answer(1, ScriptedReplicas.reply(request, 8, Outcome.EXECUTED, "same"));
        assertThat(result).isNotDone();
        replicas.answer(2, ScriptedReplicas.reply(request, 8, Outcome.EXECUTED, "same"));
        assertThat(result).isCompletedWithValue("same");
    }

    @Test
    void oneReplicaCannotOpenASession() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        Request opening = replicas.next().requests().getFirst();
        Reply forged = new Reply(
                opening.kind(), SECOND_SESSION, opening.number(), 1, Outcome.SESSION_OPENED, opening.payload());
        replicas.answer(3, forged, forged);
        replicas.answer(3, forged);
        Reply opened =
                new Reply(opening.kind(), SESSION, opening.number(), 1, Outcome.SESSION_OPENED, opening.payload());
        replicas.answer(0, opened);
        replicas.answer(1, opened);
        Request request = replicas.next().requests().getFirst();
        assertThat(request.session()).isEqualTo(SESSION);
        assertThat(result).isNotDone();
    }

    @Test
    void repliesOfStrangersAndBytesThatAreNoReplyAreCountedAndChangeNothing() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        replicas.answer(4, ScriptedReplicas.executed(request, "x"));
        replicas.answer(5, ScriptedReplicas.executed(request, "x"));
        replicas.deliverBytes(new ReplicaId(0), ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(result).isNotDone();
        assertThat(client.statistics().rejected()).isEqualTo(3);
    }

    @Test
    void aCallbackGetsTheExceptionItself() throws Exception {
        CompletableFuture<Throwable> called = new CompletableFuture<>();
        client.submit("add", (reply, failure) -> called.complete(failure));
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        for (int replica = 0; replica < 2; replica++) {
            replicas.answer(replica, ScriptedReplicas.reply(request, 1, Outcome.APPLICATION_ERROR, "no"));
        }
        assertThat(called.get(10, TimeUnit.SECONDS))
                .isInstanceOf(SmrException.ApplicationFailed.class)
                .hasMessage("no");
    }

    @Test
    void aCallbackThatThrowsKeepsNoOtherCallFromItsAnswer() throws Exception {
        client.submit("first", (reply, failure) -> {
            throw new IllegalStateException("of the caller's own making");
        });
        CompletableFuture<String> second = client.submit("second");
        replicas.open(SESSION);
        List<Request> requests = new ArrayList<>(replicas.next().requests());
        while (requests.size() < 2) {
            requests.addAll(replicas.next().requests());
        }
        for (int replica = 0; replica < 2; replica++) {
            replicas.answer(
                    replica,
                    ScriptedReplicas.executed(requests.get(0), "a"),
                    ScriptedReplicas.executed(requests.get(1), "b"));
        }
        assertThat(second).isCompletedWithValue("b");
    }

    @Test
    void answersMayComeInAnyOrder() throws Exception {
        CompletableFuture<String> first = client.submit("first");
        replicas.open(SESSION);
        Request one = replicas.next().requests().getFirst();
        CompletableFuture<String> second = client.submit("second");
        Request two = replicas.next().requests().getFirst();
        replicas.settle(ScriptedReplicas.executed(two, "2"));
        assertThat(second).isCompletedWithValue("2");
        assertThat(first).isNotDone();
        replicas.settle(ScriptedReplicas.executed(one, "1"));
        assertThat(first).isCompletedWithValue("1");
        replicas.settle(ScriptedReplicas.executed(one, "again"));
        assertThat(client.statistics().completed()).isEqualTo(2);
    }

    @Test
    void theViewIsWhatEnoughReplicasHaveReached() throws Exception {
        replicas.view(1_000_000);
        replicas.answer(3);
        assertThat(client.statistics().view()).isZero();
        replicas.view(4);
        replicas.answer(0);
        assertThat(client.statistics().view()).isEqualTo(4);
    }

    // ---- unordered ----

    @Test
    void unorderedAnswersMatchByWhatTheySayNotByTheStateTheyComeFrom() throws Exception {
        CompletableFuture<String> result = client.submitUnordered("read");
        Request request = replicas.next().requests().getFirst();
        assertThat(request.kind()).isEqualTo(Request.Kind.UNORDERED);
        replicas.answer(3, ScriptedReplicas.reply(request, 7, Outcome.EXECUTED, "lie"));
        replicas.answer(0, ScriptedReplicas.reply(request, 7, Outcome.EXECUTED, "truth"));
        assertThat(result).isNotDone();
        replicas.answer(1, ScriptedReplicas.reply(request, 9, Outcome.EXECUTED, "truth"));
        assertThat(result).isCompletedWithValue("truth");
    }

    @Test
    void anUnorderedCallWithoutMatchingAnswersIsOrdered() throws Exception {
        CompletableFuture<String> result = client.submitUnordered("read");
        Request request = replicas.next().requests().getFirst();
        for (int replica = 0; replica < 4; replica++) {
            replicas.answer(replica, ScriptedReplicas.executed(request, "state " + replica));
        }
        orderedAfterOpening(result);
    }

    @Test
    void anUnorderedCallThatTooFewAnswerIsOrderedAfterItsDeadline() throws Exception {
        CompletableFuture<String> result = client.submitUnordered("read");
        replicas.next();
        time.advance(CONFIG.unorderedDeadline());
        orderedAfterOpening(result);
    }

    @Test
    void anUnorderedCallIsOrderedAsSoonAsItsAnswersCannotMatchAnyMore() throws Exception {
        client.close();
        client = client(CONFIG.withLinearizableReads(true));
        CompletableFuture<String> result = client.submitUnordered("read");
        Request request = replicas.next().requests().getFirst();
        replicas.answer(0, ScriptedReplicas.executed(request, "1"));
        replicas.answer(1, ScriptedReplicas.executed(request, "2"));
        assertThat(result).isNotDone();
        assertThat(replicas.isQuiet()).isTrue();
        replicas.answer(2, ScriptedReplicas.executed(request, "1"));
        assertThat(result).as("the fourth may agree with two").isNotDone();
        assertThat(replicas.isQuiet()).isTrue();
        replicas.answer(2, ScriptedReplicas.executed(request, "3"));
        orderedAfterOpening(result, 3);
    }

    @Test
    void aReadThatIsOrderedInsteadIsNoLongerAnUnorderedOne() throws Exception {
        client.close();
        client = client(CONFIG.withWindow(1));
        CompletableFuture<String> result = client.submitUnordered("read");
        Request unordered = replicas.next().requests().getFirst();
        time.advance(CONFIG.unorderedDeadline());
        replicas.settle(ScriptedReplicas.executed(unordered, "late"));
        assertThat(result).isNotDone();
        orderedAfterOpening(result);
        time.advance(CONFIG.unorderedDeadline());
        CompletableFuture<String> next = client.submitUnordered("next"); // blocks if its place is still taken
        Request second = replicas.next().requests().getFirst();
        assertThat(second.payload().toStringUtf8()).isEqualTo("next");
        replicas.settle(ScriptedReplicas.executed(second, "seen"));
        assertThat(next).isCompletedWithValue("seen");
    }

    /** Replicas answer whoever is connected under the client's identity when the answer is there. */
    @Test
    void lateAnswersToAnEarlierClientWithTheSameKeySettleNothing() throws Exception {
        client.submitUnordered("read");
        Request earlier = replicas.next().requests().getFirst();
        client.submit("add");
        Request earlierOpening = replicas.next().requests().getFirst();
        client.close();
        client = client(CONFIG);
        CompletableFuture<String> result = client.submitUnordered("other");
        Request request = replicas.next().requests().getFirst();
        replicas.settle(ScriptedReplicas.executed(earlier, "late"));
        assertThat(result).isNotDone();
        replicas.settle(ScriptedReplicas.executed(request, "its own"));
        assertThat(result).isCompletedWithValue("its own");
        client.submit("add");
        Request opening = replicas.next().requests().getFirst();
        assertThat(opening.number())
                .as("in the same millisecond")
                .isNotEqualTo(earlierOpening.number())
                .matches(number -> number >> 20 == earlierOpening.number() >> 20);
    }

    // ---- linearizable reads ----

    @Test
    void linearizableReadsNeedAQuorumForOrderedResultsAndOpeningsToo() throws Exception {
        client.close();
        client = client(CONFIG.withLinearizableReads(true));
        CompletableFuture<String> result = client.submit("add");
        replicas.open(SESSION);
        assertThat(replicas.isQuiet()).as("two have opened a session").isTrue();
        replicas.openAt(2, SESSION);
        Request request = replicas.next().requests().getFirst();
        replicas.answer(0, ScriptedReplicas.executed(request, "1"));
        replicas.answer(1, ScriptedReplicas.executed(request, "1"));
        assertThat(result).isNotDone();
        replicas.answer(3, ScriptedReplicas.executed(request, "1"));
        assertThat(result).isCompletedWithValue("1");
    }

    @Test
    void aLinearizableReadNeedsAQuorumThatAnswersFromTheSameState() throws Exception {
        client.close();
        client = client(CONFIG.withLinearizableReads(true));
        CompletableFuture<String> result = client.submitUnordered("read");
        Request request = replicas.next().requests().getFirst();
        replicas.answer(0, ScriptedReplicas.reply(request, 7, Outcome.EXECUTED, "x"));
        replicas.answer(1, ScriptedReplicas.reply(request, 7, Outcome.EXECUTED, "x"));
        replicas.answer(2, ScriptedReplicas.reply(request, 8, Outcome.EXECUTED, "x"));
        assertThat(result).isNotDone();
        replicas.answer(3, ScriptedReplicas.reply(request, 7, Outcome.EXECUTED, "x"));
        assertThat(result).isCompletedWithValue("x");
    }

    @Test
    void aLinearizableReadThatFindsNoQuorumIsOrdered() throws Exception {
        client.close();
        client = client(CONFIG.withLinearizableReads(true));
        CompletableFuture<String> result = client.submitUnordered("read");
        Request request = replicas.next().requests().getFirst();
        for (int replica = 0; replica < 4; replica++) {
            replicas.answer(replica, ScriptedReplicas.reply(request, replica / 2, Outcome.EXECUTED, "x"));
        }
        orderedAfterOpening(result, 3);
    }

    private void orderedAfterOpening(CompletableFuture<String> result) throws InterruptedException {
        orderedAfterOpening(result, 2);
    }

    private void orderedAfterOpening(CompletableFuture<String> result, int needed) throws InterruptedException {
        RequestBundle opening = nextOf(Request.Kind.OPEN_SESSION);
        Reply opened = new Reply(
                Request.Kind.OPEN_SESSION,
                SESSION,
                opening.requests().getFirst().number(),
                1,
                Outcome.SESSION_OPENED,
                opening.requests().getFirst().payload());
        for (int replica = 0; replica < needed; replica++) {
            replicas.answer(replica, opened);
        }
        Request ordered = nextOf(Request.Kind.ORDERED).requests().getFirst();
        assertThat(ordered.payload().toStringUtf8()).isEqualTo("read");
        for (int replica = 0; replica < needed; replica++) {
            assertThat(result).isNotDone();
            replicas.answer(replica, ScriptedReplicas.executed(ordered, "ordered"));
        }
        assertThat(result).isCompletedWithValue("ordered");
    }

    private RequestBundle nextOf(Request.Kind kind) throws InterruptedException {
        RequestBundle bundle = replicas.next();
        while (bundle.requests().getFirst().kind() != kind) {
            bundle = replicas.next();
        }
        return bundle;
    }

    // ---- retransmission ----

    @Test
    void anUnansweredBundleIsSentAgainByteForByteUntilItIsAnswered() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        replicas.open(SESSION);
        RequestBundle bundle = replicas.next();
        time.advance(Duration.ofMillis(500));
        assertThat(replicas.next()).isEqualTo(bundle);
        time.advance(Duration.ofSeconds(1));
        assertThat(replicas.next()).isEqualTo(bundle);
        replicas.settle(ScriptedReplicas.executed(bundle.requests().getFirst(), "done"));
        assertThat(result).isCompletedWithValue("done");
        time.advance(Duration.ofSeconds(5));
        client.submit("next");
        assertThat(replicas.next().requests().getFirst().number()).isEqualTo(2);
        assertThat(client.statistics().retransmissions()).isEqualTo(2);
    }

    @Test
    void whatIsLeftOfABundleThatWasAnsweredInPartIsSentInANewOneUnderTheSameNumbers() throws Exception {
        List<CompletableFuture<String>> results = new ArrayList<>();
        for (int call = 0; call < 5; call++) {
            results.add(client.submit("call " + call));
        }
        replicas.open(SESSION);
        RequestBundle whole = replicas.next();
        List<Request> requests = whole.requests();
        assertThat(requests).hasSize(5);
        replicas.settle(
                ScriptedReplicas.executed(requests.get(0), "first"),
                ScriptedReplicas.executed(requests.get(3), "fourth"));
        time.advance(Duration.ofMillis(500));
        RequestBundle rest = replicas.next();
        assertThat(rest.requests()).containsExactly(requests.get(1), requests.get(2), requests.get(4));
        assertThat(rest.acknowledgements()).containsExactly(new Acknowledgement(SESSION, 1));
        time.advance(Duration.ofMillis(500));
        assertThat(replicas.next()).isEqualTo(rest);
        replicas.settle(rest.requests().stream()
                .map(request -> ScriptedReplicas.executed(request, "rest"))
                .toArray(Reply[]::new));
        assertThat(results).allMatch(CompletableFuture::isDone);
        time.advance(Duration.ofSeconds(5));
        assertThat(replicas.isQuiet()).isTrue();
    }

    /** Sent everything twice, a cluster that is behind falls further behind. */
    @Test
    void whereAnswersTakeLongBundlesAreSentAgainLater() throws Exception {
        client.submit("slow");
        replicas.open(SESSION);
        for (int slow = 0; slow < 6; slow++) {
            RequestBundle bundle = replicas.next();
            time.advance(Duration.ofMillis(200)); // not long enough for any to be sent again
            replicas.settle(ScriptedReplicas.executed(bundle.requests().getFirst(), "done"));
            client.submit("slow");
        }
        RequestBundle next = replicas.next();
        time.advance(Duration.ofMillis(500));
        assertThat(client.statistics().retransmissions()).isZero();
        time.advance(Duration.ofSeconds(5));
        assertThat(replicas.next()).isEqualTo(next);
        assertThat(client.statistics().retransmissions()).isPositive();
    }

    @Test
    void anOpeningIsRetransmittedToo() throws Exception {
        client.submit("add");
        RequestBundle opening = replicas.next();
        time.advance(Duration.ofMillis(500));
        assertThat(replicas.next()).isEqualTo(opening);
    }

    @Test
    void oneReplicaCannotStopRetransmissionsBySayingThatItIsBusy() throws Exception {
        client.submit("add");
        RequestBundle opening = replicas.next();
        replicas.busy(3, Long.MAX_VALUE);
        replicas.busy(3, 5000);
        time.advance(Duration.ofMillis(500));
        assertThat(replicas.next()).isEqualTo(opening);
        assertThat(client.statistics().busy()).isEqualTo(2);
    }

    @Test
    void aClientIsSilentWhileEnoughReplicasAreBusy() throws Exception {
        client.submit("add");
        RequestBundle opening = replicas.next();
        replicas.busy(0, 2000);
        replicas.busy(1, Long.MAX_VALUE);
        time.advance(Duration.ofMillis(1500));
        CompletableFuture<String> read = client.submitUnordered("later");
        assertThat(client.statistics().bundles()).isEqualTo(1);
        time.advance(Duration.ofMillis(499));
        assertThat(replicas.isQuiet()).isTrue();
        assertThat(client.statistics()).matches(seen -> seen.bundles() == 1 && seen.retransmissions() == 0);
        time.advance(Duration.ofMillis(125)); // the pause has ended and a look is due
        assertThat(List.of(replicas.next(), replicas.next()))
                .extracting(bundle -> bundle.requests().getFirst().kind())
                .containsExactlyInAnyOrder(Request.Kind.OPEN_SESSION, Request.Kind.UNORDERED);
        assertThat(client.statistics().retransmissions()).isEqualTo(1);
        assertThat(opening.requests().getFirst().kind()).isEqualTo(Request.Kind.OPEN_SESSION);
        assertThat(read).isNotDone();
    }

    @Test
    void oneReplicaCannotSilenceAClient() throws Exception {
        replicas.busy(3, Long.MAX_VALUE);
        replicas.busy(3, Long.MAX_VALUE);
        client.submitUnordered("read");
        assertThat(replicas.next().requests().getFirst().kind()).isEqualTo(Request.Kind.UNORDERED);
    }

    // ---- sessions ----

    @Test
    void callsAreNumberedFromOneAndAcknowledgedOnceAllBelowAreAnswered() throws Exception {
        client.submit("first");
        replicas.open(SESSION);
        RequestBundle first = replicas.next();
        client.submit("second");
        RequestBundle second = replicas.next();
        assertThat(first.requests().getFirst().number()).isEqualTo(1);
        assertThat(second.requests().getFirst().number()).isEqualTo(2);
        replicas.settle(ScriptedReplicas.executed(second.requests().getFirst(), "2"));
        client.submit("third");
        assertThat(replicas.next().acknowledgements()).containsExactly(new Acknowledgement(SESSION, 0));
        replicas.settle(ScriptedReplicas.executed(first.requests().getFirst(), "1"));
        client.submit("fourth");
        assertThat(replicas.next().acknowledgements()).containsExactly(new Acknowledgement(SESSION, 2));
    }

    @Test
    void anExpiredSessionIsReplacedAndWhatWasOutstandingInItIsUnknown() throws Exception {
        CompletableFuture<String> first = client.submit("first");
        long opening = replicas.open(SESSION).requests().getFirst().number();
        Request request = replicas.next().requests().getFirst();
        CompletableFuture<String> second = client.submit("second");
        replicas.next();
        replicas.answer(3, ScriptedReplicas.reply(request, 7, Outcome.EXPIRED, ""));
        assertThat(first).isNotDone();
        replicas.answer(0, ScriptedReplicas.reply(request, 7, Outcome.EXPIRED, ""));
        assertFailed(first, SmrException.OutcomeUnknown.class, "expired");
        assertFailed(second, SmrException.OutcomeUnknown.class, "expired");
        client.submit("third");
        assertThat(replicas.open(SECOND_SESSION).requests().getFirst().number()).isGreaterThan(opening);
        assertThat(replicas.next().requests().getFirst())
                .matches(third -> third.session().equals(SECOND_SESSION) && third.number() == 1);
    }

    /** Its number means another operation there, and it may have been executed already. */
    @Test
    void whatAnExpiredSessionLeavesBehindIsNotSentAgainInTheNext() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        client.submit("first", (reply, failure) -> {
            reached.countDown();
            try {
                goOn.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        CompletableFuture<String> second = client.submit("second");
        replicas.open(SESSION);
        List<Request> left = replicas.next().requests();
        assertThat(left).hasSize(2);
        Thread reader = Thread.ofVirtual()
                .start(() -> replicas.settle(ScriptedReplicas.reply(left.getFirst(), 7, Outcome.EXPIRED, "")));
        assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();
        client.submit("third");
        replicas.open(SECOND_SESSION);
        Request third = replicas.next().requests().getFirst();
        for (int round = 0; round < 3; round++) {
            time.advance(Duration.ofSeconds(6));
            assertThat(replicas.next().requests()).as("round %s", round).containsExactly(third);
        }
        assertThat(second).isNotDone();
        goOn.countDown();
        reader.join();
        assertFailed(second, SmrException.OutcomeUnknown.class, "expired");
    }

    @Test
    void lateAnswersOfAnExpiredSessionSettleNothingInTheNext() throws Exception {
        client.submit("first");
        replicas.open(SESSION);
        Request first = replicas.next().requests().getFirst();
        replicas.settle(ScriptedReplicas.reply(first, 7, Outcome.EXPIRED, ""));
        CompletableFuture<String> second = client.submit("second");
        replicas.open(SECOND_SESSION);
        Request again = replicas.next().requests().getFirst();
        assertThat(again.number()).isEqualTo(first.number());
        replicas.settle(ScriptedReplicas.executed(first, "of the first"));
        assertThat(second).isNotDone();
        replicas.settle(ScriptedReplicas.executed(again, "of the second"));
        assertThat(second).isCompletedWithValue("of the second");
    }

    @Test
    void noNumberIsSentThatIsAWindowAboveTheLowestOutstanding() {
        Calls calls = new Calls(membership, CONFIG.withWindow(2), 1, time.random());
        calls.add(call(Request.Kind.ORDERED));
        calls.add(call(Request.Kind.ORDERED));
        Call opening = calls.nextBundle(0).getFirst();
        settle(
                calls,
                new Reply(
                        Request.Kind.OPEN_SESSION,
                        SESSION,
                        opening.number,
                        5,
                        Outcome.SESSION_OPENED,
                        opening.payload));
        List<Call> sent = calls.nextBundle(0);
        assertThat(sent).extracting(call -> call.number).containsExactly(1L, 2L);
        settle(calls, ScriptedReplicas.executed(calls.request(sent.get(1)), "2"));
        assertThat(calls.hasRoom(Request.Kind.ORDERED)).isTrue();
        calls.add(call(Request.Kind.ORDERED));
        assertThat(calls.nextBundle(0))
                .as("3 would expire a session that has acknowledged 0")
                .isEmpty();
        settle(calls, ScriptedReplicas.executed(calls.request(sent.get(0)), "1"));
        assertThat(calls.nextBundle(0)).extracting(call -> call.number).containsExactly(3L);
    }

    private static void settle(Calls calls, Reply reply) {
        calls.answered(new ReplicaId(0), reply);
        calls.answered(new ReplicaId(1), reply);
    }

    @Test
    void conflictAndDeadMeanThatACallWasNotExecuted() throws Exception {
        CompletableFuture<String> conflict = client.submit("conflict");
        replicas.open(SESSION);
        replicas.settle(ScriptedReplicas.reply(replicas.next().requests().getFirst(), 7, Outcome.CONFLICT, ""));
        assertFailed(conflict, SmrException.NotExecuted.class, "number");
        CompletableFuture<String> dead = client.submit("dead");
        replicas.settle(ScriptedReplicas.reply(replicas.next().requests().getFirst(), 7, Outcome.DEAD, ""));
        assertFailed(dead, SmrException.NotExecuted.class, "given up");
    }

    @Test
    void aResultThatWasNotKeptMeansThatACallWasExecuted() throws Exception {
        CompletableFuture<String> result = client.submit("big");
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        Reply gone = ScriptedReplicas.reply(request, 7, Outcome.RESULT_NOT_KEPT, "more than 16 bytes");
        replicas.answer(3, gone);
        assertThat(result).as("one replica alone may lie").isNotDone();
        replicas.settle(gone);
        assertFailed(result, SmrException.ResultNotKept.class, "executed, but its result was not kept: more than 16");
    }

    @Test
    void whatTheApplicationThrewIsTheCallersToSee() throws Exception {
        CompletableFuture<String> result = client.submit("bad");
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        replicas.settle(ScriptedReplicas.reply(request, 7, Outcome.APPLICATION_ERROR, "no such account"));
        assertFailed(result, SmrException.ApplicationFailed.class, "no such account");
    }

    @Test
    void aClientWhoseClockWasSetBackByADayFindsAnOpeningNumberSoon() throws Exception {
        client.submit("add");
        long last = (1_000_000 + Duration.ofDays(1).toMillis()) << 20;
        int openings = 0;
        Request opening = replicas.next().requests().getFirst();
        while (opening.number() <= last) {
            assertThat(++openings).isLessThan(40);
            replicas.settle(ScriptedReplicas.reply(opening, 7, Outcome.STALE_OPENING, ""));
            Request again = replicas.next().requests().getFirst();
            assertThat(again.number()).isGreaterThan(opening.number());
            opening = again;
        }
        assertThat(opening.kind()).isEqualTo(Request.Kind.OPEN_SESSION);
    }

    @Test
    void aClusterThatOpensSessionsSlowerThanTheFirstPatienceStillOpensOne() throws Exception {
        Duration roundTrip = CONFIG.deadline().dividedBy(2).plusSeconds(1);
        client.submit("given up");
        Request first = replicas.next().requests().getFirst();
        time.advance(roundTrip);
        Request second = openingAbove(first.number());
        replicas.settle(opened(first)); // too late
        time.advance(roundTrip);
        CompletableFuture<String> result = client.submit("add");
        replicas.settle(opened(second));
        Request request = nextOf(Request.Kind.ORDERED).requests().getFirst();
        replicas.settle(ScriptedReplicas.executed(request, "done"));
        assertThat(result).isCompletedWithValue("done");
    }

    private Request openingAbove(long number) throws InterruptedException {
        Request opening = nextOf(Request.Kind.OPEN_SESSION).requests().getFirst();
        while (opening.number() <= number) {
            opening = nextOf(Request.Kind.OPEN_SESSION).requests().getFirst();
        }
        return opening;
    }

    private static Reply opened(Request opening) {
        return new Reply(opening.kind(), SESSION, opening.number(), 1, Outcome.SESSION_OPENED, opening.payload());
    }

    @Test
    void anOpeningThatIsNeverAnsweredIsTriedAnewBeforeItsCallsAreGivenUp() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        RequestBundle lost = replicas.next();
        time.advance(CONFIG.deadline().dividedBy(2));
        RequestBundle anew = replicas.next();
        while (anew.equals(lost)) {
            anew = replicas.next();
        }
        assertThat(anew.requests().getFirst())
                .matches(opening -> opening.kind() == Request.Kind.OPEN_SESSION
                        && opening.number() > lost.requests().getFirst().number());
        replicas.settle(new Reply(
                Request.Kind.OPEN_SESSION,
                SESSION,
                anew.requests().getFirst().number(),
                1,
                Outcome.SESSION_OPENED,
                anew.requests().getFirst().payload()));
        replicas.settle(ScriptedReplicas.executed(
                nextOf(Request.Kind.ORDERED).requests().getFirst(), "done"));
        assertThat(result).isCompletedWithValue("done");
    }

    // ---- bundles ----

    @Test
    void orderedAndUnorderedCallsTakeTurns() {
        Calls calls = new Calls(membership, CONFIG.withWindow(1000), 1, time.random());
        for (int call = 0; call < 600; call++) {
            calls.add(call(Request.Kind.UNORDERED));
        }
        calls.add(call(Request.Kind.ORDERED));
        calls.add(call(Request.Kind.ORDERED));
        List<Request.Kind> sent = new ArrayList<>();
        Call opening = calls.nextBundle(0).getFirst();
        Reply opened = new Reply(
                Request.Kind.OPEN_SESSION, SESSION, opening.number, 5, Outcome.SESSION_OPENED, opening.payload);
        calls.answered(new ReplicaId(0), opened);
        calls.answered(new ReplicaId(1), opened);
        for (int bundle = 0; bundle < 4; bundle++) {
            sent.add(calls.nextBundle(0).getFirst().kind);
        }
        assertThat(sent)
                .containsExactly(
                        Request.Kind.UNORDERED, Request.Kind.ORDERED, Request.Kind.UNORDERED, Request.Kind.UNORDERED);
        assertThat(calls.nextBundle(0)).isEmpty();
        calls.add(call(Request.Kind.UNORDERED));
        assertThat(calls.nextBundle(0).getFirst().kind).isEqualTo(Request.Kind.UNORDERED);
    }

    @Test
    void unorderedCallsDoNotWaitForASessionToOpen() {
        Calls calls = new Calls(membership, CONFIG, 1, time.random());
        calls.add(call(Request.Kind.ORDERED));
        assertThat(calls.nextBundle(0).getFirst().kind).isEqualTo(Request.Kind.OPEN_SESSION);
        calls.add(call(Request.Kind.UNORDERED));
        assertThat(calls.nextBundle(0).getFirst().kind).isEqualTo(Request.Kind.UNORDERED);
        assertThat(calls.nextBundle(0)).isEmpty();
    }

    private static Call call(Request.Kind kind) {
        return new Call(kind, ByteString.copyFromUtf8("call"), 0, false);
    }

    @Test
    void callsOfManyThreadsShareFewBundlesAndEachGetsItsOwnAnswer() throws Exception {
        List<Thread> callers = new ArrayList<>();
        List<CompletableFuture<String>> results = IntStream.range(0, 600)
                .mapToObj(number -> new CompletableFuture<String>())
                .toList();
        CompletableFuture<String> opener = client.submit("opens the session");
        RequestBundle opening = replicas.next();
        for (int number = 0; number < 600; number++) {
            int mine = number;
            callers.add(Thread.ofVirtual()
                    .start(() -> client.submit("call " + mine, (result, failure) -> {
                        if (failure == null) {
                            results.get(mine).complete(result);
                        } else {
                            results.get(mine).completeExceptionally(failure);
                        }
                    })));
        }
        for (Thread caller : callers) {
            caller.join();
        }
        replicas.settle(new Reply(
                Request.Kind.OPEN_SESSION,
                SESSION,
                opening.requests().getFirst().number(),
                1,
                Outcome.SESSION_OPENED,
                opening.requests().getFirst().payload()));
        BundleVerifier verifier = new BundleVerifier(scheme, CLUSTER);
        for (int bundles = 0; bundles < 3; bundles++) {
            RequestBundle bundle = replicas.next();
            assertThat(verifier.verify(bundle)).isTrue();
            replicas.settle(bundle.requests().stream()
                    .map(request -> ScriptedReplicas.executed(
                            request, "answer to " + request.payload().toStringUtf8()))
                    .toArray(Reply[]::new));
        }
        assertThat(opener).isCompletedWithValue("answer to opens the session");
        for (int number = 0; number < 600; number++) {
            assertThat(results.get(number)).isCompletedWithValue("answer to call " + number);
        }
        assertThat(client.statistics()).matches(seen -> seen.bundles() == 4 && seen.completed() == 601);
    }

    @Test
    void aLargeRequestGoesAlone() throws Exception {
        client.submit("a".repeat(200 * 1024));
        RequestBundle opening = replicas.next();
        client.submit("b".repeat(300 * 1024));
        client.submit("c");
        client.submit("d");
        Request request = opening.requests().getFirst();
        replicas.settle(
                new Reply(request.kind(), SESSION, request.number(), 1, Outcome.SESSION_OPENED, request.payload()));
        assertThat(sizes(replicas.next())).containsExactly(200 * 1024);
        assertThat(sizes(replicas.next())).containsExactly(300 * 1024);
        assertThat(sizes(replicas.next())).containsExactly(1, 1);
    }

    @Test
    void aRequestAboveTheLimitIsRefusedAndNotSent() throws Exception {
        assertThatThrownBy(() -> client.submit("x".repeat((1 << 20) + 1)))
                .isInstanceOf(SmrException.RequestTooLarge.class)
                .hasMessageContaining("1048577");
        client.submitUnordered("y".repeat(1 << 20));
        assertThat(sizes(replicas.next())).containsExactly(1 << 20);
    }

    @Test
    void aFullWindowBlocksCallersUntilAnAnswerMakesRoom() throws Exception {
        client.close();
        client = client(CONFIG.withWindow(2));
        CompletableFuture<String> first = client.submit("first");
        client.submit("second");
        Thread third = Thread.ofPlatform().start(() -> client.submit("third"));
        while (third.getState() != Thread.State.WAITING) {
            assertThat(third.isAlive()).as("blocked, not gone").isTrue();
            Thread.onSpinWait();
        }
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        assertThat(third.isAlive()).isTrue();
        replicas.settle(ScriptedReplicas.executed(request, "1"));
        assertThat(first).isCompletedWithValue("1");
        third.join();
        Request last = replicas.next().requests().getLast();
        while (!last.payload().toStringUtf8().equals("third")) {
            last = replicas.next().requests().getLast();
        }
        assertThat(last.number()).isEqualTo(3);
    }

    /** The thread that runs it reads the answers which make room. */
    @Test
    void whatACallsCompletionSubmitsDoesNotWaitForRoom() throws Exception {
        client.close();
        client = client(CONFIG.withWindow(1));
        CompletableFuture<List<CompletableFuture<String>>> submitted = new CompletableFuture<>();
        client.submit("first", (reply, failure) -> {
            CompletableFuture<String> second = client.submit("second");
            client.send("third");
            submitted.complete(List.of(second, client.submit("fourth"), client.submitUnordered("read")));
        });
        replicas.open(SESSION);
        Request first = replicas.next().requests().getFirst();
        Thread reader = Thread.ofVirtual().start(() -> replicas.settle(ScriptedReplicas.executed(first, "1")));
        assertThat(reader.join(Duration.ofSeconds(20))).as("it goes on reading").isTrue();
        List<CompletableFuture<String>> results = submitted.get(20, TimeUnit.SECONDS);
        for (String next : List.of("second", "third", "fourth")) {
            RequestBundle bundle = nextOf(Request.Kind.ORDERED);
            assertThat(bundle.requests())
                    .as("one at a time")
                    .singleElement()
                    .satisfies(request ->
                            assertThat(request.payload().toStringUtf8()).isEqualTo(next));
            replicas.settle(ScriptedReplicas.executed(bundle.requests().getFirst(), next));
        }
        assertThat(results.get(0)).isCompletedWithValue("second");
        assertThat(results.get(1)).isCompletedWithValue("fourth");
        assertThat(results.get(2)).isNotDone();
        Thread other = Thread.ofPlatform().start(() -> client.submitUnordered("waits for its room"));
        while (other.getState() != Thread.State.WAITING) {
            assertThat(other.isAlive()).as("blocked, not gone").isTrue();
            Thread.onSpinWait();
        }
    }

    // ---- configuration ----

    @Test
    void aBadSettingIsRefusedByItsName() {
        Duration centuries = Duration.ofDays(300 * 366);
        assertThatThrownBy(() -> CONFIG.withWindow(0))
                .hasMessageContaining("window")
                .hasMessageContaining("0");
        assertThatThrownBy(() -> CONFIG.withLargestRequest(-1)).hasMessageContaining("largestRequest");
        assertThatThrownBy(() -> CONFIG.withDeadline(Duration.ZERO))
                .hasMessageContaining("deadline must be above zero");
        assertThatThrownBy(() -> CONFIG.withDeadline(centuries)).hasMessageContaining("deadline must be at most");
        assertThatThrownBy(() -> CONFIG.withUnorderedDeadline(Duration.ofNanos(-1)))
                .hasMessageContaining("unorderedDeadline must be zero or above");
        assertThatThrownBy(() -> CONFIG.withUnorderedDeadline(centuries))
                .hasMessageContaining("unorderedDeadline must be at most PT8784H");
        assertThatThrownBy(() -> CONFIG.withRetransmit(new Backoff.Policy(Duration.ofSeconds(1), centuries)))
                .hasMessageContaining("retransmit.longest");
    }

    @Test
    void anUnorderedDeadlineOfZeroOrdersAtTheNextLookWhatHasNoAnswer() throws Exception {
        client.close();
        client = client(CONFIG.withUnorderedDeadline(Duration.ZERO));
        CompletableFuture<String> result = client.submitUnordered("read");
        replicas.next();
        time.advance(CONFIG.retransmit().first().dividedBy(4));
        orderedAfterOpening(result);
    }

    // ---- the end of calls ----

    @Test
    void aBundleThatCannotBeSignedFailsItsCallsAndNoOthers() throws Exception {
        client.close();
        AtomicBoolean broken = new AtomicBoolean();
        SignatureScheme.KeyPair fragile = new SignatureScheme.KeyPair() {
            @Override
            public PublicKey publicKey() {
                return keys.publicKey();
            }

            @Override
            public byte[] secret() {
                return keys.secret();
            }

            @Override
            public byte[] sign(byte[] message) {
                if (broken.getAndSet(false)) {
                    throw new IllegalStateException("the key is elsewhere");
                }
                return keys.sign(message);
            }
        };
        client = new SmrClient<>(time, replicas, CLUSTER, membership, fragile, CONFIG, Codec.UTF_8, Codec.UTF_8);
        client.submit("opens a session");
        replicas.open(SESSION);
        Request first = replicas.next().requests().getFirst();
        replicas.settle(ScriptedReplicas.executed(first, "1"));
        broken.set(true);
        CompletableFuture<String> unsigned = client.submit("unsigned");
        assertThatThrownBy(() -> unsigned.get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(SmrException.OutcomeUnknown.class)
                .hasMessageContaining("the key is elsewhere");
        CompletableFuture<String> signed = client.submit("signed");
        RequestBundle next = replicas.next();
        assertThat(next.acknowledgements())
                .as("the number of the other is given up")
                .containsExactly(new Acknowledgement(SESSION, 2));
        replicas.settle(ScriptedReplicas.executed(next.requests().getFirst(), "3"));
        assertThat(signed).isCompletedWithValue("3");
        broken.set(true);
        CompletableFuture<String> read = client.submitUnordered("read");
        assertThatThrownBy(() -> read.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(SmrException.OutcomeUnknown.class);
    }

    @Test
    void aLookThatFailsIsNotTheLast() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        RequestBundle opening = replicas.next();
        time.failOnce();
        assertThatThrownBy(() -> time.advance(CONFIG.retransmit().first())).hasMessage("no time");
        time.advance(CONFIG.retransmit().first());
        assertThat(replicas.next()).isEqualTo(opening);
        time.advance(CONFIG.deadline());
        assertFailed(result, SmrException.OutcomeUnknown.class, "PT30S");
    }

    @Test
    void aCallWithoutAnAnswerIsUnknownAtItsDeadlineAndItsNumberIsGivenUp() throws Exception {
        CompletableFuture<String> result = client.submit("add");
        replicas.open(SESSION);
        Request request = replicas.next().requests().getFirst();
        time.advance(Duration.ofMillis(29_999));
        assertThat(result).isNotDone();
        time.advance(CONFIG.retransmit().first());
        assertFailed(result, SmrException.OutcomeUnknown.class, "PT30S, with 3 of 4 replicas connected");
        client.submit("next");
        RequestBundle next = nextNumbered(request.number() + 1);
        assertThat(next.acknowledgements()).containsExactly(new Acknowledgement(SESSION, request.number()));
        replicas.settle(ScriptedReplicas.executed(request, "too late"));
        assertThat(client.statistics()).matches(seen -> seen.failed() == 1 && seen.completed() == 0);
    }

    private RequestBundle nextNumbered(long number) throws InterruptedException {
        RequestBundle bundle = replicas.next();
        while (bundle.requests().getFirst().number() != number) {
            bundle = replicas.next();
        }
        return bundle;
    }

    @Test
    void closingLeavesOutstandingCallsUnknownAndRefusesNewOnes() throws Exception {
        CompletableFuture<String> sent = client.submit("sent");
        replicas.open(SESSION);
        replicas.next();
        CompletableFuture<String> read = client.submitUnordered("read");
        client.close();
        client.close();
        assertFailed(sent, SmrException.OutcomeUnknown.class, "closed");
        assertFailed(read, SmrException.OutcomeUnknown.class, "closed");
        assertThatThrownBy(() -> client.submit("late")).isInstanceOf(SmrException.Closed.class);
        assertThatThrownBy(() -> client.execute("late")).isInstanceOf(SmrException.Closed.class);
    }

    @Test
    void closingEndsABlockingCall() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                client.execute("add");
            } catch (SmrException failure) {
                thrown.complete(failure);
            }
        });
        replicas.next();
        client.close();
        Throwable failure = thrown.get(20, TimeUnit.SECONDS);
        assertThat(failure).isInstanceOf(SmrException.OutcomeUnknown.class);
        assertThat(failure.getStackTrace())
                .as("shows where the call was made")
                .anyMatch(frame -> frame.getClassName().equals(SmrClient.class.getName())
                        && frame.getMethodName().equals("execute"));
        caller.join();
    }

    @Test
    void closingWakesCallersThatWaitForRoom() throws Exception {
        client.close();
        client = client(CONFIG.withWindow(1));
        client.submit("first");
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread second = Thread.ofPlatform().start(() -> {
            try {
                client.submit("second");
            } catch (SmrException refused) {
                thrown.complete(refused);
            }
        });
        while (second.getState() != Thread.State.WAITING) {
            assertThat(second.isAlive()).as("blocked, not gone").isTrue();
            Thread.onSpinWait();
        }
        client.close();
        assertThat(thrown.get(20, TimeUnit.SECONDS)).isInstanceOf(SmrException.Closed.class);
        second.join();
    }

    // ---- helpers ----

    private SmrClient<String, String> client(ClientConfig config) {
        return new SmrClient<>(time, replicas, CLUSTER, membership, keys, config, Codec.UTF_8, Codec.UTF_8);
    }

    private Membership membership() {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            members.add(new Membership.Member(
                    new ReplicaId(number), scheme.generate(time.random()).publicKey()));
        }
        return new Membership(0, members);
    }

    private static List<Integer> sizes(RequestBundle bundle) {
        return bundle.requests().stream()
                .map(request -> request.payload().size())
                .toList();
    }

    private static void assertFailed(
            CompletableFuture<String> result, Class<? extends SmrException> kind, String message) {
        assertThat(result).failsWithin(Duration.ofSeconds(20));
        assertThatThrownBy(result::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(kind)
                .hasMessageContaining(message);
    }
}
