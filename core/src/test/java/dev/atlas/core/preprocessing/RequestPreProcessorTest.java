package dev.atlas.core.preprocessing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.message.ApplicationMessage.Busy;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.core.types.Quorums;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With its threads and real signatures. One worker: what was received before a bundle is dealt with once that bundle is here. */
@Timeout(60)
class RequestPreProcessorTest {

    private static final String CLUSTER = "pre-processing";
    private static final Duration LONG = Duration.ofMinutes(10);

    private record Sent(ClientId to, ApplicationMessage message) {}

    private record Unordered(List<RequestBundle> bundles) {}

    private record Again(RequestBundle bundle) {}

    private record Late(List<RequestBundle> bundles, List<Digest> doubtful) {}

    private record Held(Digest batch) {}

    private final SystemEnvironment environment = SystemEnvironment.create("pre-processing-test", 2);
    private final SignatureScheme scheme = new Ed25519Scheme();
    private final BundleCodec codec = new BundleCodec(CLUSTER);
    private final SignatureScheme.KeyPair alice = scheme.generate(environment.random());
    private final SignatureScheme.KeyPair bob = scheme.generate(environment.random());
    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile Predicate<RequestBundle> refused = bundle -> false;
    private volatile Runnable whileChecking = () -> {};
    private int fences;
    private RequestPreProcessor requests = create(config(4, 1000, 64, LONG));

    @AfterEach
    void close() {
        requests.close();
        environment.close();
    }

    @Test
    void aSignedBundleIsKeptAndProposed() throws Exception {
        requests.start();
        RequestBundle bundle = ordered(alice, 1);
        requests.receive(id(alice), bundle.envelope());
        awaitHeld(bundle);
        assertThat(nextBatch()).containsExactly(bundle.digest());
    }

    @Test
    void badSignaturesAndBytesThatAreNoBundleAreCountedAndGoNoFurther() throws Exception {
        requests.start();
        RequestBundle forged = forged(ordered(alice, 1));
        requests.receive(id(alice), forged.envelope());
        requests.receive(id(alice), ByteString.copyFromUtf8("not a bundle"));
        requests.receive(
                id(alice),
                new BundleCodec("another cluster")
                        .seal(alice, List.of(request(1)), List.of())
                        .envelope());
        RequestBundle good = ordered(alice, 2);
        requests.receive(id(alice), good.envelope());
        awaitHeld(good);
        assertThat(requests.counters().snapshot())
                .matches(seen -> seen.badSignatures() == 1 && seen.malformed() == 2 && seen.accepted() == 1);
        assertThat(requests.bodies().find(List.of(forged.digest()))).isEmpty();
        assertThat(nextBatch()).containsExactly(good.digest());
    }

    @Test
    void aFloodOfOneClientIsAnsweredWithBusyAndAnotherClientProceeds() throws Exception {
        requests.start();
        for (int number = 0; number < 20; number++) {
            requests.receive(id(alice), ordered(alice, number).envelope());
        }
        RequestBundle other = ordered(bob, 1);
        requests.receive(id(bob), other.envelope());
        awaitHeld(other);
        assertThat(requests.counters().snapshot()).matches(seen -> seen.accepted() == 4 + 1 && seen.overQuota() == 16);
        for (int refused = 0; refused < 16; refused++) {
            assertThat(next(Sent.class)).isEqualTo(new Sent(id(alice), new Busy(Busy.Reason.QUOTA_EXCEEDED, 100)));
        }
        assertThat(nextBatch()).contains(other.digest());
    }

    @Test
    void aFullInboxAnswersBusyWithoutBlocking() throws Exception {
        requests.close();
        requests = create(config(100, 4, 64, LONG));
        for (int number = 0; number < 3; number++) {
            requests.receive(id(alice), ordered(alice, number).envelope()); // nobody takes anything out yet
        }
        assertThat(next(Sent.class)).isEqualTo(new Sent(id(alice), new Busy(Busy.Reason.REPLICA_OVERLOADED, 100)));
        requests.receiveFromPeer(new ReplicaId(1), List.of(ordered(bob, 1).envelope()));
        requests.start();
        awaitHeld(ordered(alice, 1));
        awaitHeld(ordered(bob, 1));
        assertThat(requests.counters().snapshot()).matches(seen -> seen.overloaded() == 1 && seen.accepted() == 3);
    }

    @Test
    void aBusyForAQuotaGoesToTheSignerAndNotForWhatAMemberForwards() throws Exception {
        restart(config(1, 1000, 1, LONG));
        RequestBundle mine = ordered(alice, 1);
        requests.receive(id(alice), mine.envelope());
        fence();
        requests.receive(id(alice), ordered(alice, 2).envelope());
        assertThat(next(Sent.class)).isEqualTo(new Sent(id(alice), new Busy(Busy.Reason.QUOTA_EXCEEDED, 100)));
        ReplicaId peer = new ReplicaId(1);
        for (int number = 3; number <= 5; number++) {
            requests.receiveFromPeer(peer, List.of(ordered(alice, number).envelope()));
        }
        awaitCounted(seen -> seen.forwardedInVain() == 1);
        assertThat(requests.counters().snapshot())
                .matches(seen -> seen.accepted() == 3 && seen.overQuota() == 1 && seen.badSignatures() == 0);
        assertThat(heard).noneMatch(Sent.class::isInstance);
    }

    @Test
    void aClientCannotSpendTheQuotaOfAnother() throws Exception {
        requests.start();
        RequestBundle captured = ordered(alice, 1);
        requests.receive(id(bob), captured.envelope());
        fence();
        assertThat(requests.counters().snapshot()).matches(seen -> seen.notOwn() == 1 && seen.accepted() == 0);
        assertThat(requests.bodies().find(List.of(captured.digest()))).isEmpty();
    }

    @Test
    void whatIsRefusedCostsNoSignatureCheck() throws Exception {
        restart(config(1, 1000, 64, LONG));
        RequestBundle first = ordered(alice, 1);
        requests.receive(id(alice), first.envelope());
        fence();
        requests.receive(id(alice), forged(ordered(alice, 2)).envelope());
        assertThat(next(Sent.class)).isEqualTo(new Sent(id(alice), new Busy(Busy.Reason.QUOTA_EXCEEDED, 100)));
        assertThat(requests.counters().snapshot().badSignatures()).isZero();
    }

    @Test
    void aFullRoomForAllClientsAnswersBusyAndFillsNoMore() throws Exception {
        requests.close();
        requests =
                create(new PreProcessingConfig(1, 1000, 2048, 4 << 20, 2048, 100, 1 << 20, 2_000, 1 << 20, 64, LONG));
        requests.start();
        RequestBundle first = ordered(alice, 1);
        requests.receive(id(alice), first.envelope());
        fence();
        RequestBundle second = ordered(bob, 1);
        requests.receive(id(bob), second.envelope());
        assertThat(next(Sent.class)).isEqualTo(new Sent(id(bob), new Busy(Busy.Reason.REPLICA_OVERLOADED, 100)));
        assertThat(requests.bodies().find(List.of(second.digest()))).isEmpty();
        decide(first);
        requests.receive(id(bob), second.envelope());
        awaitHeld(second);
    }

    @Test
    void aDecidedBodyThatNoBatchLacksIsNotTakenFromAMember() throws Exception {
        requests.start();
        RequestBundle bundle = ordered(alice, 1);
        decide(bundle);
        requests.receiveFromPeer(new ReplicaId(2), List.of(forged(bundle).envelope(), bundle.envelope()));
        awaitCounted(seen -> seen.repeated() == 1 && seen.badSignatures() == 1);
        assertThat(requests.bodies().find(List.of(bundle.digest()))).isEmpty();
    }

    @Test
    void whatAnInstalledStateHasAnsweredWaitsNoLongerAndIsAnsweredAgain() throws Exception {
        restart(config(100, 1000, 64, Duration.ofMillis(200)));
        RequestBundle done = ordered(alice, 1);
        RequestBundle open = ordered(alice, 3);
        requests.receive(id(alice), done.envelope());
        requests.receive(id(alice), open.envelope());
        awaitHeld(open);
        requests.installed(answeredTwo(alice));
        assertThat(requests.bodies().find(List.of(done.digest()))).isEmpty();
        assertThat(nextBatch()).containsExactly(open.digest());
        requests.receive(id(alice), ordered(alice, 2).envelope());
        assertThat(next(Again.class).bundle()).isEqualTo(ordered(alice, 2));
        assertThat(requests.nextBatch(1)).isEmpty();
    }

    @Test
    void theBodiesOfAProposalStayWhateverIsSettledMeanwhile() throws Exception {
        requests.start();
        RequestBundle done = ordered(alice, 2);
        requests.receive(id(alice), done.envelope());
        awaitHeld(done);
        Batch proposed = requests.nextBatch(1).orElseThrow();
        requests.installed(answeredTwo(alice));
        assertThat(requests.bodies().bundles(proposed)).containsExactly(done);
        requests.bodies().release(proposed.digest());
        assertThat(requests.bodies().find(List.of(done.digest()))).isEmpty();
    }

    @Test
    void whatWasSettledWhileItWasChosenIsNotProposed() {
        BodyStore bodies = requests.bodies();
        RequestBundle done = ordered(alice, 2);
        RequestBundle open = ordered(alice, 3);
        bodies.addVerified(done, new Origin.OfClient(id(alice)));
        bodies.addVerified(open, new Origin.OfClient(id(alice)));
        bodies.ordered(List.of(done));
        Batch chosen = Batches.of(1, List.of(done.digest(), open.digest()));
        assertThat(bodies.keep(chosen)).containsExactly(done.digest());
        bodies.ordered(List.of(open));
        assertThat(bodies.find(List.of(open.digest()))).as("not kept").isEmpty();
    }

    @Test
    void whatAnInstalledStateDoesNotCoverWaitsOnAndIsTimedOnceItsClientSendsItAgain() throws Exception {
        restart(config(100, 1000, 64, Duration.ofMillis(200)));
        requests.leaveView();
        RequestBundle open = ordered(alice, 3);
        requests.receive(id(alice), open.envelope());
        awaitHeld(open);
        requests.installed(answeredTwo(alice));
        RequestBundle later = codec.seal(
                bob, List.of(new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, 1, ByteString.EMPTY)), List.of());
        requests.receive(id(bob), later.envelope());
        awaitHeld(later);
        requests.enterView(1);
        assertThat(next(Late.class).bundles()).containsExactly(later);
        requests.receive(id(alice), open.envelope());
        assertThat(next(Late.class).bundles()).containsExactly(open);
        assertThat(nextBatch()).containsExactly(open.digest(), later.digest());
    }

    @Test
    void aDecidedBatchTakesABodyByItsDigestAlone() throws Exception {
        requests.start();
        RequestBundle forged = forged(ordered(alice, 1));
        Batch batch = Batches.of(7, List.of(forged.digest()));
        requests.bodies().await(batch, false, 1);
        requests.receiveFromPeer(new ReplicaId(2), List.of(forged.envelope()));
        assertThat(next(Held.class)).isEqualTo(new Held(batch.digest()));
        assertThat(requests.nextBatch(1)).as("but nobody proposes it").isEmpty();
    }

    @Test
    void whatAMemberForwardsIsOrderedAndItsUnorderedRequestsAreNotAnswered() throws Exception {
        requests.start();
        Request read = new Request(Request.Kind.UNORDERED, SessionId.NONE, 1, ByteString.EMPTY);
        RequestBundle mixed = codec.seal(alice, List.of(request(1), read), List.of());
        requests.receiveFromPeer(new ReplicaId(2), List.of(mixed.envelope()));
        awaitHeld(mixed);
        assertThat(heard).isEmpty();
        requests.receive(id(alice), mixed.envelope());
        assertThat(next(Unordered.class).bundles()).containsExactly(mixed);
    }

    @Test
    void whatAMemberForwardsOfWhatIsAnsweredIsNotTimed() throws Exception {
        restart(config(100, 1000, 64, Duration.ofMillis(200)));
        requests.installed(answeredTwo(alice));
        requests.leaveView();
        RequestBundle answered = ordered(alice, 2);
        RequestBundle open = ordered(alice, 3);
        requests.receiveFromPeer(new ReplicaId(1), List.of(answered.envelope(), open.envelope()));
        awaitHeld(answered);
        awaitHeld(open);
        requests.enterView(1);
        assertThat(next(Late.class).bundles()).containsExactly(open);
    }

    @Test
    void whatCouldNotBeForwardedIsLateAgain() throws Exception {
        restart(config(100, 1000, 64, Duration.ofMillis(200)));
        RequestBundle open = ordered(alice, 1);
        requests.receive(id(alice), open.envelope());
        assertThat(next(Late.class).bundles()).containsExactly(open);
        requests.offerAgain(List.of(open));
        assertThat(next(Late.class).bundles()).containsExactly(open);
    }

    /** As a replica that has restarted, and has forgotten what others will not order again. */
    @Test
    void whatFPlusOneMembersSayIsDecidedIsNeitherOrderedNorHeldAgainstThePrimary() throws Exception {
        restart(config(100, 1000, 64, Duration.ofMillis(200)));
        RequestBundle older = ordered(alice, 8);
        RequestBundle old = acknowledging(alice, 20, 10);
        receiveAndAwait(older);
        receiveAndAwait(old);
        assertThat(next(Late.class)).isEqualTo(new Late(List.of(old), List.of(old.digest())));
        requests.saidToBeDecided(new ReplicaId(1), List.of(old.digest()));
        assertThat(requests.bodies().isPending(old.digest())).isTrue();
        requests.saidToBeDecided(new ReplicaId(2), List.of(old.digest()));
        assertThat(requests.bodies().isPending(old.digest())).isFalse();
        assertThat(requests.counters().snapshot().decidedBefore()).isEqualTo(1);
        assertThat(requests.decidedAmong(List.of(older.digest(), old.digest())))
                .as("it tells others")
                .containsExactly(old.digest());
        assertThat(nextBatch())
                .as("what was given up for it may not be decided")
                .containsExactly(older.digest());
        assertThat(next(Late.class).doubtful()).containsExactly(older.digest());
        requests.receive(id(alice), old.envelope());
        assertThat(next(Again.class)).isEqualTo(new Again(old));
    }

    @Test
    void whatAMemberForwardsIsOrderedWhateverTheHintSays() throws Exception {
        requests.start();
        requests.installed(answeredTwo(alice));
        RequestBundle forwarded = ordered(alice, 2);
        requests.receiveFromPeer(new ReplicaId(1), List.of(forwarded.envelope()));
        awaitHeld(forwarded);
        assertThat(nextBatch()).containsExactly(forwarded.digest());
    }

    /** The session of {@link #request} with its numbers 1 and 2 answered. */
    private static AnsweredNumbers answeredTwo(SignatureScheme.KeyPair client) {
        return new AnsweredNumbers(
                9,
                Map.of(
                        id(client),
                        new AnsweredNumbers.OfClient(
                                1, Map.of(new SessionId(1, 0), new AnsweredNumbers.OfSession(1, Set.of(2L))))));
    }

    @Test
    void aHintCoversABundleOnlyIfAllThatItOrdersIsAnswered() {
        AnsweredNumbers answered = answeredTwo(alice);
        assertThat(answered.covers(codec.seal(alice, List.of(request(1), request(2)), List.of())))
                .isTrue();
        assertThat(answered.covers(codec.seal(alice, List.of(request(2), request(3)), List.of())))
                .isFalse();
        assertThat(answered.covers(codec.seal(bob, List.of(in(new SessionId(9, 4))), List.of())))
                .as("expired")
                .isTrue();
        assertThat(answered.covers(codec.seal(bob, List.of(in(new SessionId(10, 0))), List.of())))
                .as("newer")
                .isFalse();
        assertThat(answered.covers(codec.seal(alice, List.of(opening(1)), List.of())))
                .isTrue();
        assertThat(answered.covers(codec.seal(alice, List.of(opening(2)), List.of())))
                .isFalse();
        assertThat(answered.covers(codec.seal(bob, List.of(opening(1)), List.of())))
                .isFalse();
        Request read = new Request(Request.Kind.UNORDERED, SessionId.NONE, 1, ByteString.EMPTY);
        assertThat(answered.covers(codec.seal(alice, List.of(read), List.of()))).isFalse();
    }

    private static Request in(SessionId session) {
        return new Request(Request.Kind.ORDERED, session, 1, ByteString.EMPTY);
    }

    private static Request opening(long number) {
        return new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY);
    }

    @Test
    void aBundleReceivedAgainAfterItWasDecidedIsAnsweredAgainAndNotProposed() throws Exception {
        requests.start();
        RequestBundle bundle = ordered(alice, 1);
        requests.receive(id(alice), bundle.envelope());
        awaitHeld(bundle);
        decide(bundle);
        requests.receive(id(alice), bundle.envelope());
        assertThat(next(Again.class).bundle()).isEqualTo(bundle);
        assertThat(requests.nextBatch(1)).isEmpty();
    }

    @Test
    void aBundleDecidedBeforeItArrivesIsNotProposed() throws Exception {
        requests.start();
        RequestBundle bundle = ordered(alice, 1);
        decide(bundle);
        Batch retained = Batches.of(1, List.of(bundle.digest()));
        requests.bodies().await(retained, true, 1);
        requests.receiveFromPeer(new ReplicaId(2), List.of(bundle.envelope()));
        awaitEvent(new Held(retained.digest()));
        fence();
        RequestBundle later = ordered(alice, 2);
        requests.receive(id(alice), later.envelope());
        awaitHeld(later);
        assertThat(nextBatch()).containsExactly(later.digest());
    }

    /** Proposed before the restart and never decided, or decided so long ago that the decision is forgotten: nobody else would have it ordered. */
    @Test
    void whatOnlyABatchHoldsIsOrderedWhenItsClientAsksAgain() throws Exception {
        RequestBundle bundle = ordered(alice, 1);
        requests.restore(Batches.of(1, List.of(bundle.digest())), List.of(bundle), true, false);
        requests.start();
        fence();
        assertThat(requests.nextBatch(1)).as("it may be undecided still").isEmpty();
        requests.receive(id(alice), bundle.envelope());
        requests.receive(id(alice), bundle.envelope());
        fence();
        assertThat(nextBatch()).containsExactly(bundle.digest());
        assertThat(requests.nextBatch(1)).isEmpty();
    }

    @Test
    void aRetransmissionOfWhatWaitsIsNotProposedTwice() throws Exception {
        requests.start();
        RequestBundle bundle = ordered(alice, 1);
        RequestBundle later = ordered(alice, 2);
        requests.receive(id(alice), bundle.envelope());
        requests.receive(id(alice), bundle.envelope());
        requests.receive(id(alice), later.envelope());
        awaitHeld(later);
        assertThat(nextBatch()).containsExactly(bundle.digest(), later.digest());
        assertThat(requests.counters().snapshot().repeated()).isEqualTo(1);
    }

    @Test
    void unorderedBundlesAreHandedOverAndNotOrderedAndBusyWhereThereIsNoRoom() throws Exception {
        requests.start();
        RequestBundle read = codec.seal(
                alice, List.of(new Request(Request.Kind.UNORDERED, SessionId.NONE, 1, ByteString.EMPTY)), List.of());
        requests.receive(id(alice), read.envelope());
        assertThat(next(Unordered.class).bundles()).containsExactly(read);
        assertThat(requests.nextBatch(1)).isEmpty();
        refused = bundle -> true;
        requests.receive(id(alice), read.envelope());
        assertThat(next(Sent.class)).isEqualTo(new Sent(id(alice), new Busy(Busy.Reason.REPLICA_OVERLOADED, 100)));
    }

    @Test
    void aClientWhoseUnorderedBundleHasNoRoomHearsBusyAlsoWhereOthersOfTheSameTurnHave() throws Exception {
        RequestBundle crowded = unordered(alice);
        RequestBundle welcome = unordered(bob);
        refused = bundle -> bundle.client().equals(id(alice));
        // Before the worker begins, so that it hands all of them over at once.
        requests.receive(id(alice), crowded.envelope());
        requests.receive(id(bob), welcome.envelope());
        requests.start();
        assertThat(next(Unordered.class).bundles()).containsExactly(crowded, welcome);
        assertThat(next(Sent.class)).isEqualTo(new Sent(id(alice), new Busy(Busy.Reason.REPLICA_OVERLOADED, 100)));
        assertThat(heard).noneMatch(Sent.class::isInstance);
        assertThat(requests.counters().snapshot().overloaded()).isEqualTo(1);
        refused = bundle -> false;
        requests.receive(id(alice), crowded.envelope());
        assertThat(next(Unordered.class).bundles()).as("sent again").containsExactly(crowded);
    }

    private RequestBundle unordered(SignatureScheme.KeyPair client) {
        return codec.seal(
                client, List.of(new Request(Request.Kind.UNORDERED, SessionId.NONE, 1, ByteString.EMPTY)), List.of());
    }

    @Test
    void aBundleThatWasOneTooManyToBeTimedIsTimedWhenAPlaceIsFree() throws Exception {
        restart(config(100, 1000, 1, Duration.ofMillis(200)));
        RequestBundle timed = ordered(alice, 1);
        RequestBundle untimed = ordered(alice, 2);
        requests.receive(id(alice), timed.envelope());
        requests.receive(id(alice), untimed.envelope());
        assertThat(next(Late.class).bundles()).containsExactly(timed);
        awaitHeld(untimed);
        decide(timed);
        assertThat(next(Late.class).bundles()).containsExactly(untimed);
    }

    @Test
    void aListenerThatThrowsDoesNotEndTheWorker() throws Exception {
        requests.start();
        failing.set(true);
        RequestBundle read = codec.seal(
                alice, List.of(new Request(Request.Kind.UNORDERED, SessionId.NONE, 1, ByteString.EMPTY)), List.of());
        requests.receive(id(alice), read.envelope());
        assertThat(next(Unordered.class).bundles()).containsExactly(read);
        RequestBundle bundle = ordered(alice, 1);
        requests.receive(id(alice), bundle.envelope());
        awaitHeld(bundle);
    }

    @Test
    void aBatchThatNoLongerAwaitsVerifiedBodiesLeavesNothingBehind() {
        RequestBundle bundle = ordered(alice, 1);
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        BodyStore bodies = requests.bodies();
        bodies.await(batch, false, 1);
        bodies.addUnverified(bundle);
        bodies.await(batch, true, 1);
        assertThat(bodies.missing(batch.digest())).containsExactly(bundle.digest());
        bodies.await(batch, false, 1);
        bodies.release(batch.digest());
        assertThat(bodies.find(List.of(bundle.digest()))).isEmpty();
        bodies.addVerified(bundle, new Origin.OfClient(id(alice)));
        bodies.ordered(List.of(bundle));
        assertThat(bodies.find(List.of(bundle.digest()))).isEmpty();
    }

    @Test
    void whatItsClientHasGivenUpIsNeitherProposedNorTimed() throws Exception {
        restart(config(4, 1000, 64, Duration.ofSeconds(2)));
        receiveAndAwait(ordered(alice, 1));
        receiveAndAwait(ordered(alice, 2));
        RequestBundle kept = ordered(alice, 3);
        receiveAndAwait(kept);
        RequestBundle newer = acknowledging(alice, 4, 2);
        receiveAndAwait(newer);
        assertThat(requests.counters().snapshot().givenUp()).isEqualTo(2);
        Late late = next(Late.class);
        assertThat(late.bundles()).doesNotContain(ordered(alice, 1), ordered(alice, 2));
        assertThat(nextBatch()).containsExactlyInAnyOrder(kept.digest(), newer.digest());
    }

    @Test
    void whatItsClientHasGivenUpIsNobodysOnceTheLogSaysSo() throws Exception {
        requests.start();
        RequestBundle dead = ordered(alice, 1);
        receiveAndAwait(dead);
        RequestBundle newer = acknowledging(alice, 2, 1);
        receiveAndAwait(newer);
        assertThat(requests.bodies().isPending(dead.digest()))
                .as("a primary may have been faster")
                .isTrue();
        decide(newer);
        assertThat(requests.bodies().find(List.of(dead.digest()))).isEmpty();
    }

    @Test
    void aDecidedBundleGivesUpWhatWaitsThoughItWasNotReceivedBefore() throws Exception {
        requests.start();
        RequestBundle dead = ordered(alice, 1);
        receiveAndAwait(dead);
        decide(acknowledging(alice, 2, 1));
        assertThat(requests.bodies().find(List.of(dead.digest()))).isEmpty();
        assertThat(requests.nextBatch(1)).isEmpty();
    }

    @Test
    void nobodyGivesUpWhatIsOfAnotherClientOrSession() throws Exception {
        requests.start();
        RequestBundle ofBob = ordered(bob, 1);
        receiveAndAwait(ofBob);
        RequestBundle newer = codec.seal(
                alice,
                List.of(request(2)),
                List.of(
                        new RequestBundle.Acknowledgement(new SessionId(1, 1), 9),
                        new RequestBundle.Acknowledgement(new SessionId(2, 0), 9)));
        RequestBundle older = ordered(alice, 1);
        receiveAndAwait(older);
        receiveAndAwait(newer);
        assertThat(nextBatch()).containsExactlyInAnyOrder(ofBob.digest(), older.digest(), newer.digest());
        assertThat(requests.counters().snapshot().givenUp()).isZero();
    }

    /** Nobody else would give its room back, and sent again it would time out in every view. */
    @Test
    void whatWasGivenUpForABundleThatIsGivenUpTooIsSettledThoughTheNewestDoesNotAcknowledgeIt() throws Exception {
        restart(config(3, 1000, 64, Duration.ofMillis(200)));
        RequestBundle oldest = ordered(alice, 8);
        RequestBundle older = acknowledging(alice, 3, 10);
        RequestBundle newest = acknowledging(alice, 20, 5);
        List.of(oldest, older, newest).forEach(bundle -> requests.receive(id(alice), bundle.envelope()));
        fence();
        requests.receive(id(alice), oldest.envelope());
        fence();
        decide(newest);
        assertThat(nextBatch()).as("if this is the primary").containsExactly(older.digest());
        assertThat(lateUntil(older, oldest)).as("if it is not").contains(older);
        decide(older);
        requests.enterView(1);
        assertThat(requests.bodies().pending()).isEmpty();
        RequestBundle later = ordered(alice, 23);
        List.of(ordered(alice, 21), ordered(alice, 22), later)
                .forEach(bundle -> requests.receive(id(alice), bundle.envelope()));
        assertThat(lateUntil(later)).doesNotContain(oldest, older);
        assertThat(requests.counters().snapshot().overQuota())
                .as("the room is free")
                .isZero();
    }

    @Test
    void whatWasGivenUpForABundleThatAnInstalledStateHasAnsweredWaitsAgain() throws Exception {
        requests.start();
        RequestBundle older = ordered(alice, 8);
        receiveAndAwait(older);
        receiveAndAwait(acknowledging(alice, 2, 10));
        assertThat(requests.counters().snapshot().givenUp()).isEqualTo(1);
        requests.installed(answeredTwo(alice));
        assertThat(nextBatch()).containsExactly(older.digest());
    }

    @Test
    void whatWasGivenUpForABundleThatWasDecidedWhileItWasCheckedWaitsAndIsTimed() throws Exception {
        requests.close();
        requests = create(config(4, 1000, 64, Duration.ofMillis(200)));
        RequestBundle older = ordered(alice, 1);
        RequestBundle newer = acknowledging(alice, 2, 1);
        whileChecking = () -> decide(newer);
        // Before the worker begins, so that it takes both at once.
        requests.receive(id(alice), older.envelope());
        requests.receive(id(alice), newer.envelope());
        requests.start();
        assertThat(next(Late.class).bundles()).containsExactly(older);
        assertThat(nextBatch()).containsExactly(older.digest());
    }

    // ---- helpers ----

    private RequestBundle acknowledging(SignatureScheme.KeyPair client, int number, long upTo) {
        return codec.seal(
                client,
                List.of(request(number)),
                List.of(new RequestBundle.Acknowledgement(new SessionId(1, 0), upTo)));
    }

    private void receiveAndAwait(RequestBundle bundle) throws InterruptedException {
        requests.receive(ClientId.of(bundle.clientKey()), bundle.envelope());
        awaitHeld(bundle);
    }

    private static PreProcessingConfig config(int pendingPerClient, int inbox, int timed, Duration timeout) {
        return new PreProcessingConfig(
                1, inbox, 2048, 4 << 20, 2048, pendingPerClient, 1 << 20, 1 << 30, 1 << 30, timed, timeout);
    }

    private void restart(PreProcessingConfig config) {
        requests.close();
        requests = create(config);
        requests.start();
    }

    private RequestPreProcessor create(PreProcessingConfig config) {
        return new RequestPreProcessor(
                environment,
                config,
                Long.MAX_VALUE,
                new Quorums(4),
                codec,
                new BundleVerifier(hooked(), CLUSTER),
                new Replies(),
                new Listener());
    }

    /** Runs {@link #whileChecking} when a client's first signature is checked. */
    private SignatureScheme hooked() {
        return new SignatureScheme() {
            @Override
            public KeyPair generate(RandomSource random) {
                return scheme.generate(random);
            }

            @Override
            public KeyPair fromSecret(byte[] secret) {
                return scheme.fromSecret(secret);
            }

            @Override
            public Verifier verifier(PublicKey key) {
                whileChecking.run();
                return scheme.verifier(key);
            }
        };
    }

    private static ClientId id(SignatureScheme.KeyPair client) {
        return ClientId.of(client.publicKey());
    }

    private static Request request(int number) {
        return new Request(Request.Kind.ORDERED, new SessionId(1, 0), number, ByteString.EMPTY);
    }

    /** The same bytes for the same number. */
    private RequestBundle ordered(SignatureScheme.KeyPair client, int number) {
        return codec.seal(client, List.of(request(number)), List.of());
    }

    private static RequestBundle forged(RequestBundle bundle) {
        byte[] bytes = bundle.envelope().toByteArray();
        bytes[bytes.length - 1] ^= 1; // the signature comes last
        ByteString envelope = ByteString.copyFrom(bytes);
        return new RequestBundle(
                bundle.client(),
                bundle.clientKey(),
                bundle.requests(),
                bundle.acknowledgements(),
                envelope,
                Hasher.hash(bytes));
    }

    /** The body is here, and the worker is done with its turn. A batch names it, so it is on nobody's account. */
    private void awaitHeld(RequestBundle bundle) throws InterruptedException {
        Batch batch = Batches.of(99, List.of(bundle.digest()));
        requests.bodies().await(batch, true, 1);
        awaitEvent(new Held(batch.digest()));
        fence();
        requests.bodies().release(batch.digest());
    }

    /** The worker is done with all that came before. Unordered bundles are handed over last in a turn. */
    private void fence() throws InterruptedException {
        RequestBundle fence = codec.seal(
                bob,
                List.of(new Request(Request.Kind.UNORDERED, SessionId.NONE, ++fences, ByteString.EMPTY)),
                List.of());
        requests.receive(id(bob), fence.envelope());
        awaitEvent(new Unordered(List.of(fence)));
    }

    /** The worker gets there; until it does, fences pass through it. */
    private void awaitCounted(Predicate<PreProcessingCounters.Snapshot> condition) throws InterruptedException {
        for (int turns = 0; !condition.test(requests.counters().snapshot()); turns++) {
            assertThat(turns)
                    .as("turns of the worker; %s", requests.counters().snapshot())
                    .isLessThan(100);
            fence();
        }
    }

    private void awaitEvent(Object awaited) throws InterruptedException {
        List<Object> others = new ArrayList<>();
        Object event = poll();
        while (!event.equals(awaited)) {
            others.add(event);
            event = poll();
        }
        heard.addAll(others);
    }

    private void decide(RequestBundle bundle) {
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        requests.decided(new DecidedBatch(0, 1, batch, List.of(bundle), Digest.ZERO));
    }

    private List<Digest> nextBatch() {
        return requests.nextBatch(1).orElseThrow().bundles();
    }

    /** All that is late until all of these are. */
    private List<RequestBundle> lateUntil(RequestBundle... awaited) throws InterruptedException {
        List<RequestBundle> late = new ArrayList<>();
        while (!late.containsAll(List.of(awaited))) {
            late.addAll(next(Late.class).bundles());
        }
        return late;
    }

    private <T> T next(Class<T> kind) throws InterruptedException {
        Object event = poll();
        while (!kind.isInstance(event)) {
            event = poll();
        }
        return kind.cast(event);
    }

    private Object poll() throws InterruptedException {
        Object event = heard.poll(20, TimeUnit.SECONDS);
        assertThat(event).as("an event").isNotNull();
        return event;
    }

    private final class Replies implements ReplyNode {
        @Override
        public void send(ClientId client, ApplicationMessage message) {
            heard.add(new Sent(client, message));
        }

        @Override
        public void broadcast(Collection<ClientId> clients, ApplicationMessage message) {
            throw new AssertionError("pre-processing answers one client at a time");
        }

        @Override
        public long waiting(ClientId client) {
            return 0;
        }
    }

    private final class Listener implements PreProcessingListener {
        @Override
        public void workWaiting() {}

        @Override
        public void bodiesHeld(Digest batch, boolean verified, long naming) {
            heard.add(new Held(batch));
        }

        @Override
        public void requestsLate(long view, List<RequestBundle> bundles, List<Digest> doubtful) {
            heard.add(new Late(bundles, doubtful));
        }

        @Override
        public void requestTimedOut(long view, Duration overdue) {}

        @Override
        public List<RequestBundle> unordered(List<RequestBundle> bundles) {
            heard.add(new Unordered(bundles));
            if (failing.getAndSet(false)) {
                throw new IllegalStateException("a listener must not throw, but this one does");
            }
            return bundles.stream().filter(refused).toList();
        }

        @Override
        public void answerAgain(RequestBundle bundle) {
            heard.add(new Again(bundle));
        }
    }
}
