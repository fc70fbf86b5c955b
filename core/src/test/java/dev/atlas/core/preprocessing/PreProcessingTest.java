package dev.atlas.core.preprocessing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.preprocessing.BodyStore.Added;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Bodies, batches and timeouts, without threads. */
class PreProcessingTest {

    private static final PreProcessingConfig CONFIG =
            new PreProcessingConfig(1, 10, 4, 1000, 100, 3, 1000, 9000, 4000, 2, Duration.ofSeconds(1));
    /** What a batch's name for a body counts. */
    private static final long NAME = 384;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private static final SessionId SESSION = new SessionId(1, 0);
    private static final SessionId OTHER_SESSION = new SessionId(1, 1);

    private static final Origin FROM_CLIENT_1 = new Origin.OfClient(client(1));
    private static final Origin PEER = new Origin.OfPeer(new ReplicaId(1));
    private static final Origin OTHER_PEER = new Origin.OfPeer(new ReplicaId(2));

    private final List<String> heard = new ArrayList<>();
    private final PreProcessingListener listener = new PreProcessingListener() {
        @Override
        public void workWaiting() {
            heard.add("work");
        }

        @Override
        public void bodiesHeld(Digest batch, boolean verified, long naming) {
            heard.add("held " + batch.shortHex() + " " + verified);
        }

        @Override
        public void requestsLate(long view, List<RequestBundle> bundles, List<Digest> doubtful) {}

        @Override
        public void requestTimedOut(long view, Duration overdue) {}

        @Override
        public List<RequestBundle> unordered(List<RequestBundle> bundles) {
            return List.of();
        }

        @Override
        public void answerAgain(RequestBundle bundle) {}
    };
    private final BodyStore bodies = new BodyStore(CONFIG, Long.MAX_VALUE, listener);
    private final Batcher batcher = new Batcher(CONFIG, listener);
    private final RequestTimeouts timeouts = new RequestTimeouts(CONFIG, 2);

    // ---- settings ----

    @Test
    void aBadSettingIsNamed() {
        assertThatThrownBy(() -> CONFIG.withPendingBytes(1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pendingBytesPerPeer")
                .hasMessageContaining("not 0");
    }

    // ---- bytes ----

    @Test
    void whatBatchesHoldIsCountedOnceForEachBodyUntilNoBatchNamesIt() {
        RequestBundle large = sized(1, 0, 600);
        RequestBundle small = sized(1, 1, 100);
        assertThat(bodies.addVerified(large, FROM_CLIENT_1)).isEqualTo(Added.NEW);
        assertThat(bodies.retainedBytes()).as("what waits is bounded elsewhere").isZero();
        Batch one = Batches.of(1, List.of(large.digest()));
        Batch other = Batches.of(2, List.of(large.digest(), small.digest()));
        assertThat(bodies.keep(one)).isEmpty();
        assertThat(bodies.retainedBytes()).isEqualTo(NAME + large.footprint()).isGreaterThan(large.size());
        bodies.await(other, true, 1);
        assertThat(bodies.retainedBytes()).as("of what is not here the name").isEqualTo(3 * NAME + large.footprint());
        bodies.addVerified(small, new Origin.Needed());
        assertThat(bodies.retainedBytes()).isEqualTo(3 * NAME + large.footprint() + small.footprint());
        bodies.release(one.digest());
        assertThat(bodies.retainedBytes()).isEqualTo(2 * NAME + large.footprint() + small.footprint());
        bodies.release(other.digest());
        assertThat(bodies.retainedBytes()).isZero();
    }

    /** A faulty primary with a client that helps it could fill the memory of all others, slot by slot. */
    @Test
    void beyondTheMostThatIsRetainedNothingIsTakenForWhatIsOnlyProposed() {
        RequestBundle first = sized(1, 0, 600);
        RequestBundle second = sized(1, 1, 600);
        BodyStore small = new BodyStore(CONFIG, NAME + first.footprint() - 1, listener);
        Batch one = Batches.of(1, List.of(first.digest()));
        Batch other = Batches.of(2, List.of(second.digest()));
        small.await(one, true, 1);
        small.addVerified(first, PEER);
        assertThat(heard).as("one finds room, however large").containsExactly(held(one, true));
        assertThat(small.isFull()).isTrue();
        small.await(other, true, 2);
        assertThat(small.missing(other.digest())).as("it is not fetched").isEmpty();
        assertThat(small.isAwaited(second.digest())).isFalse();
        assertThat(small.addVerified(second, FROM_CLIENT_1))
                .as("as if nobody named it, on its client's account")
                .isEqualTo(Added.NEW);
        assertThat(heard).containsExactly(held(one, true));
        small.release(one.digest());
        small.await(other, true, 3);
        assertThat(heard).as("there is room now").containsExactly(held(one, true), held(other, true));
    }

    /** Else a faulty primary could have ever more wait, view by view. */
    @Test
    void whatABatchHasBroughtInVainIsOnItsClientsAccountOrForgotten() {
        RequestBundle fits = sized(1, 0, 100);
        RequestBundle tooLarge = sized(1, 1, (int) CONFIG.pendingBytesPerClient());
        Batch batch = Batches.of(1, List.of(fits.digest(), tooLarge.digest()));
        bodies.await(batch, true, 1);
        bodies.addVerified(fits, PEER);
        bodies.addVerified(tooLarge, PEER);
        assertThat(bodies.release(batch.digest())).containsExactly(tooLarge);
        assertThat(bodies.isPending(fits.digest())).isTrue();
        assertThat(bodies.find(List.of(fits.digest(), tooLarge.digest()))).containsExactly(fits);
        assertThat(bodies.addVerified(tooLarge, FROM_CLIENT_1))
                .as("the other takes up its room")
                .isEqualTo(Added.OVER_QUOTA);
        bodies.ordered(List.of(fits));
        assertThat(bodies.addVerified(tooLarge, FROM_CLIENT_1)).isEqualTo(Added.NEW);
    }

    @Test
    void whatIsDecidedIsTakenHoweverMuchIsRetained() {
        RequestBundle first = sized(1, 0, 600);
        RequestBundle second = sized(1, 1, 600);
        BodyStore small = new BodyStore(CONFIG, 1, listener);
        small.addVerified(first, FROM_CLIENT_1);
        assertThat(small.keep(Batches.of(1, List.of(first.digest())))).isEmpty();
        Batch decided = Batches.of(2, List.of(second.digest()));
        small.await(decided, true, 1);
        assertThat(small.isAwaited(second.digest())).isFalse();
        small.await(decided, false, 1);
        assertThat(small.missing(decided.digest())).containsExactly(second.digest());
        small.addVerified(second, PEER);
        assertThat(heard).containsExactly(held(decided, false));
    }

    /** Names alone take memory: those of bodies that nobody has. */
    @Test
    void namesOfBodiesThatNeverComeFillTheMemoryToo() {
        BodyStore small = new BodyStore(CONFIG, 3 * NAME, listener);
        small.await(Batches.of(1, digests(2)), true, 1);
        assertThat(small.isFull()).isFalse();
        Batch more = Batches.of(2, digests(2));
        small.await(more, true, 2);
        assertThat(small.isFull()).isTrue();
        small.release(more.digest());
        assertThat(small.retainedBytes()).isEqualTo(2 * NAME);
    }

    private static String held(Batch batch, boolean verified) {
        return "held " + batch.digest().shortHex() + " " + verified;
    }

    private static List<Digest> digests(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> new Digest(number, 0, 0, 0))
                .toList();
    }

    /** A faulty primary pays for the digests, all others for the bodies. */
    @Test
    void aBatchOfMoreBodiesThanAnyCorrectPrimaryProposesIsNotVotedForAndCountsWhenItIsDecided() {
        int each = (int) (BodyStore.MOST_BYTES_PER_BATCH / 4);
        List<Digest> four = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            RequestBundle large = sized(1, number, each);
            bodies.addVerified(large, new Origin.Needed());
            four.add(large.digest());
        }
        RequestBundle last = sized(1, 4, 2);
        Batch most = Batches.of(1, four);
        four.add(last.digest());
        Batch tooMany = Batches.of(2, four);
        bodies.await(tooMany, true, 1);
        bodies.addVerified(last, new Origin.Needed());
        bodies.await(most, true, 2);
        assertThat(heard).containsExactly(held(most, true));
        heard.clear();
        bodies.await(tooMany, false, 1);
        assertThat(heard).containsExactly(held(tooMany, false));
    }

    @Test
    void ofABatchThatIsTooLargeNoMoreIsTakenUnlessItIsDecidedOrAnotherNeedsIt() {
        int each = (int) (BodyStore.MOST_BYTES_PER_BATCH / 4);
        List<RequestBundle> six = new ArrayList<>();
        for (int number = 0; number < 6; number++) {
            six.add(sized(1, number, each));
        }
        bodies.addVerified(bundle(2, 0, 1), PEER); // alone, any would have room
        Batch tooMany = Batches.of(1, six.stream().map(RequestBundle::digest).toList());
        bodies.await(tooMany, true, 1);
        six.subList(0, 4)
                .forEach(body -> assertThat(bodies.addVerified(body, PEER)).isEqualTo(Added.NEW));
        assertThat(bodies.addVerified(six.get(4), PEER))
                .as("64 MiB are not too many")
                .isEqualTo(Added.NEW);
        Digest last = six.getLast().digest();
        assertThat(bodies.wouldAdd(six.getLast(), PEER)).isEqualTo(Added.PEER_FULL);
        assertThat(bodies.addVerified(six.getLast(), PEER)).isEqualTo(Added.PEER_FULL);
        assertThat(bodies.isAwaited(last)).isFalse();
        assertThat(bodies.missing(tooMany.digest())).as("nor is it fetched").isEmpty();
        Batch other = Batches.of(2, List.of(last));
        bodies.await(other, true, 2);
        assertThat(bodies.wouldAdd(six.getLast(), PEER)).isEqualTo(Added.NEW);
        bodies.release(other.digest());
        assertThat(bodies.isAwaited(last)).isFalse();
        bodies.await(tooMany, false, 1);
        assertThat(bodies.missing(tooMany.digest())).containsExactly(last);
        assertThat(bodies.addVerified(six.getLast(), PEER)).isEqualTo(Added.NEW);
        assertThat(heard).containsExactly(held(tooMany, false));
    }

    @Test
    void whatOnlyABatchThatIsTooLargeNamesIsOnItsSendersAccountAndPinnedLikeTheRest() {
        RequestBundle large = sized(1, 0, (int) BodyStore.MOST_BYTES_PER_BATCH);
        RequestBundle more = sized(1, 1, 2);
        RequestBundle last = sized(1, 2, 2);
        Batch tooMany = Batches.of(1, List.of(large.digest(), more.digest(), last.digest()));
        bodies.await(tooMany, true, 1);
        bodies.addVerified(large, PEER);
        bodies.addVerified(more, PEER);
        Batch one = Batches.of(2, List.of(last.digest()));
        assertThat(add(last)).isEqualTo(Added.NEW);
        assertThat(add(bundle(1, 3, 3))).as("1 + 3 requests above 3").isEqualTo(Added.OVER_QUOTA);
        bodies.await(one, true, 2);
        bodies.ordered(List.of(large, more, last));
        bodies.release(tooMany.digest());
        assertThat(bodies.bundles(one)).containsExactly(last);
        assertThat(bodies.retainedBytes()).isEqualTo(NAME + last.footprint());
        bodies.release(one.digest());
        assertThat(bodies.retainedBytes()).isZero();
    }

    // ---- batches ----

    @Test
    void clientsTakeTurnsWhateverOneOfThemSends() {
        for (int number = 0; number < 10; number++) {
            batcher.add(bundle(1, number, 1));
        }
        batcher.add(bundle(2, 0, 1));
        assertThat(batcher.next(5).orElseThrow().bundles())
                .containsSubsequence(bundle(1, 0, 1).digest(), bundle(2, 0, 1).digest())
                .hasSize(4);
    }

    @Test
    void aBatchEndsAtItsLimitOfRequestsAndAnOversizedBundleGoesAlone() {
        batcher.add(bundle(1, 0, 3));
        batcher.add(bundle(1, 1, 3));
        batcher.add(bundle(1, 2, 9));
        assertThat(batcher.next(5).orElseThrow().bundles()).hasSize(1);
        assertThat(batcher.next(5).orElseThrow().bundles()).hasSize(1);
        assertThat(batcher.next(5).orElseThrow().bundles())
                .containsExactly(bundle(1, 2, 9).digest());
        assertThat(batcher.next(5)).isEmpty();
    }

    @Test
    void aBatchEndsAtItsLimitOfBytesAndABodyAboveItGoesAlone() {
        batcher.add(sized(1, 0, 600));
        batcher.add(sized(1, 1, 400));
        batcher.add(sized(1, 2, 2));
        batcher.add(sized(1, 3, 1500));
        assertThat(batcher.next(5).orElseThrow().bundles())
                .containsExactly(sized(1, 0, 600).digest(), sized(1, 1, 400).digest());
        assertThat(batcher.next(5).orElseThrow().bundles())
                .containsExactly(sized(1, 2, 2).digest());
        assertThat(batcher.next(5).orElseThrow().bundles())
                .containsExactly(sized(1, 3, 1500).digest());
        assertThat(batcher.next(5)).isEmpty();
    }

    @Test
    void aBatchEndsAtItsLimitOfBundles() {
        Batcher narrow = new Batcher(CONFIG.withBundlesPerBatch(2), listener);
        for (int number = 0; number < 3; number++) {
            narrow.add(bundle(1, number, 1));
        }
        assertThat(narrow.next(5).orElseThrow().bundles()).hasSize(2);
        assertThat(narrow.next(5).orElseThrow().bundles()).hasSize(1);
    }

    @Test
    void workIsAnnouncedOnceUntilTheBatcherWasEmptied() {
        batcher.add(bundle(1, 0, 1));
        batcher.add(bundle(1, 1, 1));
        assertThat(heard).containsExactly("work");
        batcher.next(5);
        batcher.add(bundle(1, 2, 1));
        assertThat(heard).containsExactly("work", "work");
    }

    @Test
    void whatComesBackIsProposedAgainUnlessItWasDecided() {
        batcher.add(bundle(1, 0, 1));
        batcher.add(bundle(1, 1, 1));
        Batch batch = batcher.next(5).orElseThrow();
        batcher.decided(List.of(bundle(1, 0, 1)));
        batcher.takeBack(batch, Set.of());
        assertThat(batcher.next(6).map(Batch::bundles))
                .isEqualTo(Optional.of(List.of(bundle(1, 1, 1).digest())));
    }

    @Test
    void whatWasSettledMeanwhileDoesNotComeBack() {
        batcher.add(bundle(1, 0, 1));
        batcher.add(bundle(1, 1, 1));
        Batch batch = batcher.next(5).orElseThrow();
        batcher.takeBack(batch, Set.of(bundle(1, 0, 1).digest()));
        assertThat(batcher.next(6).map(Batch::bundles))
                .isEqualTo(Optional.of(List.of(bundle(1, 1, 1).digest())));
    }

    @Test
    void whatIsDecidedElsewhereLeavesTheQueue() {
        batcher.add(bundle(1, 0, 1));
        batcher.decided(List.of(bundle(1, 0, 1)));
        assertThat(batcher.next(5)).isEmpty();
        assertThat(batcher.size()).isZero();
    }

    // ---- given up ----

    @Test
    void whatGaveOthersUpIsItselfGivenUpOnlyForOneThatAcknowledgesThoseToo() {
        RequestBundle oldest = asking(8);
        RequestBundle older = asking(3, upTo(SESSION, 10));
        RequestBundle newer = asking(20, upTo(SESSION, 5));
        RequestBundle newest = asking(21, upTo(SESSION, 10));
        assertThat(batcher.add(oldest)).isEmpty();
        assertThat(batcher.add(older)).containsExactly(oldest);
        assertThat(batcher.add(newer)).as("3 is acknowledged, 8 is not").isEmpty();
        assertThat(batcher.add(newest))
                .as("whatever the older ones acknowledge")
                .containsExactly(older);
        assertThat(batcher.takeGivenUpBefore(newest)).containsExactly(older, oldest);
        assertThat(batcher.next(5).orElseThrow().bundles()).containsExactly(newer.digest(), newest.digest());
    }

    @Test
    void whatAcknowledgesAnotherSessionTooIsGivenUpOnlyForOneThatDoes() {
        RequestBundle other = asking(List.of(in(OTHER_SESSION, 4)));
        RequestBundle older = asking(3, upTo(SESSION, 2), upTo(OTHER_SESSION, 4));
        assertThat(batcher.add(other)).isEmpty();
        assertThat(batcher.add(older)).containsExactly(other);
        assertThat(batcher.add(asking(20, upTo(SESSION, 19)))).isEmpty();
        assertThat(batcher.add(asking(21, upTo(OTHER_SESSION, 4), upTo(SESSION, 1), upTo(SESSION, 19))))
                .containsExactly(older);
    }

    @Test
    void whatAsksInTwoSessionsIsOrderedThoughBothAreAcknowledged() {
        RequestBundle both = asking(List.of(in(SESSION, 1), in(OTHER_SESSION, 1)));
        batcher.add(both);
        assertThat(batcher.add(asking(2, upTo(SESSION, 1), upTo(OTHER_SESSION, 1))))
                .isEmpty();
        assertThat(batcher.next(5).orElseThrow().bundles()).contains(both.digest());
    }

    @Test
    void whatIsDecidedSettlesOfWhatItsClientHasGivenUpWhatItAcknowledgesItself() {
        RequestBundle one = asking(1);
        RequestBundle again = asking(1, upTo(SESSION, 0));
        RequestBundle three = asking(List.of(in(SESSION, 2), in(SESSION, 3)));
        RequestBundle other = asking(List.of(in(OTHER_SESSION, 1)));
        List.of(one, again, three, other).forEach(batcher::add);
        RequestBundle newer = asking(4, upTo(SESSION, 3), upTo(OTHER_SESSION, 1));
        assertThat(batcher.add(newer)).containsExactly(one, again, three, other);
        assertThat(batcher.takeGivenUpBefore(asking(9, upTo(SESSION, 2), upTo(new SessionId(7, 0), 9))))
                .containsExactlyInAnyOrder(one, again);
        batcher.decided(List.of(other));
        assertThat(batcher.takeGivenUpBefore(newer)).as("the other was decided").containsExactly(three);
        assertThat(batcher.takeGivenUpBefore(newer)).isEmpty();
    }

    /** Else it would not be ordered as long as it gives up more often than its turn comes, and what it gave up would be held against the primary. */
    @Test
    void aClientThatGivesUpAllThatItHasWaitingKeepsItsTurn() {
        batcher.add(asking(1));
        for (int client = 2; client <= 5; client++) {
            batcher.add(bundle(client, 0, 1));
        }
        RequestBundle newer = asking(2, upTo(SESSION, 2));
        assertThat(batcher.add(newer)).hasSize(1);
        assertThat(batcher.next(5).orElseThrow().bundles()).hasSize(4).startsWith(newer.digest());
    }

    @Test
    void whatIsTakenUpAgainIsOfferedAndAnnounced() {
        RequestBundle older = asking(8);
        RequestBundle newer = asking(3, upTo(SESSION, 10));
        batcher.add(older);
        batcher.add(newer);
        batcher.decided(List.of(newer));
        heard.clear();
        assertThat(batcher.takeUpBefore(asking(9, upTo(SESSION, 7)))).isEmpty();
        assertThat(heard).isEmpty();
        assertThat(batcher.takeUpBefore(newer)).containsExactly(older);
        assertThat(heard).containsExactly("work");
        assertThat(batcher.next(5).orElseThrow().bundles()).containsExactly(older.digest());
    }

    private static Request in(SessionId session, long number) {
        return new Request(Request.Kind.ORDERED, session, number, ByteString.EMPTY);
    }

    private static Acknowledgement upTo(SessionId session, long number) {
        return new Acknowledgement(session, number);
    }

    private static RequestBundle asking(long number, Acknowledgement... acknowledgements) {
        return asking(List.of(in(SESSION, number)), acknowledgements);
    }

    private static RequestBundle asking(List<Request> requests, Acknowledgement... acknowledgements) {
        ByteString envelope = ByteString.copyFromUtf8(requests + " " + List.of(acknowledgements));
        return new RequestBundle(
                client(1),
                new PublicKey(new byte[] {1}),
                requests,
                List.of(acknowledgements),
                envelope,
                Hasher.hash(envelope.asReadOnlyByteBuffer()));
    }

    // ---- bodies ----

    @Test
    void anAwaitedBatchIsHeldWhenItsLastBodyArrives() {
        Batch batch =
                Batches.of(1, List.of(bundle(1, 0, 1).digest(), bundle(1, 1, 1).digest()));
        bodies.await(batch, true, 1);
        bodies.addVerified(bundle(1, 0, 1), FROM_CLIENT_1);
        assertThat(bodies.missing(batch.digest()))
                .containsExactly(bundle(1, 1, 1).digest());
        assertThat(heard).isEmpty();
        bodies.addVerified(bundle(1, 1, 1), FROM_CLIENT_1);
        assertThat(heard).containsExactly(held(batch, true));
        assertThat(bodies.bundles(batch)).containsExactly(bundle(1, 0, 1), bundle(1, 1, 1));
    }

    @Test
    void anUnverifiedBodyCountsForADecidedBatchOnly() {
        Batch batch = Batches.of(1, List.of(bundle(1, 0, 1).digest()));
        bodies.await(batch, true, 1);
        bodies.addUnverified(bundle(1, 0, 1));
        assertThat(heard).isEmpty();
        bodies.await(batch, false, 1);
        bodies.addUnverified(bundle(1, 0, 1));
        assertThat(heard).containsExactly(held(batch, false));
    }

    @Test
    void anUnverifiedBodyThatADecidedBatchTakesDoesNotCompleteAProposalThatNamesItToo() {
        Digest body = bundle(1, 0, 1).digest();
        Batch decided = Batches.of(1, List.of(body));
        Batch proposed = Batches.of(2, List.of(body));
        bodies.await(decided, false, 1);
        bodies.await(proposed, true, 1);
        bodies.addUnverified(bundle(1, 0, 1));
        assertThat(heard).containsExactly(held(decided, false));
        assertThat(bodies.missing(proposed.digest())).containsExactly(body);
        bodies.addVerified(bundle(1, 0, 1), FROM_CLIENT_1);
        assertThat(heard).contains(held(proposed, true));
    }

    @Test
    void whatAReleasedBatchLackedIsAwaitedNoLonger() {
        Batch batch = Batches.of(1, List.of(bundle(1, 0, 1).digest()));
        bodies.await(batch, false, 1);
        bodies.release(batch.digest());
        assertThat(bodies.isAwaited(bundle(1, 0, 1).digest())).isFalse();
        bodies.addUnverified(bundle(1, 0, 1));
        assertThat(bodies.find(List.of(bundle(1, 0, 1).digest()))).isEmpty();
        assertThat(heard).isEmpty();
    }

    @Test
    void aBodyStaysWhileABatchNamesItOrItWaitsToBeOrdered() {
        RequestBundle bundle = bundle(1, 0, 1);
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        bodies.addVerified(bundle, FROM_CLIENT_1);
        bodies.await(batch, true, 1);
        bodies.ordered(List.of(bundle));
        assertThat(bodies.find(List.of(bundle.digest()))).isNotEmpty();
        bodies.release(batch.digest());
        assertThat(bodies.find(List.of(bundle.digest()))).isEmpty();
    }

    @Test
    void aBodyThatArrivedAfterItsBatchIsKeptForItToo() {
        RequestBundle bundle = bundle(1, 0, 1);
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        bodies.await(batch, true, 1);
        bodies.addVerified(bundle, FROM_CLIENT_1);
        bodies.ordered(List.of(bundle));
        assertThat(bodies.find(List.of(bundle.digest()))).isNotEmpty();
        bodies.release(batch.digest());
        assertThat(bodies.find(List.of(bundle.digest()))).isEmpty();
    }

    @Test
    void aClientOverItsQuotaOfRequestsIsRefusedAndOthersAreNot() {
        assertThat(add(bundle(1, 0, 2))).isEqualTo(Added.NEW);
        assertThat(add(bundle(1, 1, 2))).as("2 + 2 requests above 3").isEqualTo(Added.OVER_QUOTA);
        assertThat(add(bundle(1, 2, 1))).as("2 + 1").isEqualTo(Added.NEW);
        assertThat(add(bundle(2, 0, 1))).isEqualTo(Added.NEW);
        bodies.ordered(List.of(bundle(1, 0, 2)));
        assertThat(add(bundle(1, 1, 2))).isEqualTo(Added.NEW);
    }

    @Test
    void aClientOverItsQuotaOfBytesIsRefusedButForOneBundle() {
        assertThat(add(sized(1, 0, 1500))).as("too large, and alone").isEqualTo(Added.NEW);
        assertThat(add(sized(1, 1, 10))).isEqualTo(Added.OVER_QUOTA);
        bodies.ordered(List.of(sized(1, 0, 1500)));
        assertThat(add(sized(1, 1, 600))).isEqualTo(Added.NEW);
        assertThat(add(sized(1, 2, 401))).isEqualTo(Added.OVER_QUOTA);
        assertThat(add(sized(1, 2, 400))).isEqualTo(Added.NEW);
    }

    @Test
    void allClientsTogetherHaveABoundThatEachBundleCountsAgainstWithItsOverhead() {
        int fitting = (int) (CONFIG.pendingBytes() / sized(0, 0, 100).footprint());
        for (int client = 0; client < fitting; client++) {
            assertThat(add(sized(client, 0, 100))).isEqualTo(Added.NEW);
        }
        assertThat(add(sized(100, 0, 100))).isEqualTo(Added.CLIENTS_FULL);
        bodies.ordered(List.of(sized(0, 0, 100)));
        assertThat(add(sized(100, 0, 100))).isEqualTo(Added.NEW);
    }

    /** Small on the wire, each request is an object or three: counted by their bytes alone they would take many times what is allowed. */
    @Test
    void whatManyEmptyRequestsTakeInMemoryCounts() {
        assertThat(add(bundle(1, 0, 1))).isEqualTo(Added.NEW);
        assertThat(add(bundle(2, 0, 100))).as("3 bytes of 9000").isEqualTo(Added.CLIENTS_FULL);
        assertThat(bodies.addVerified(bundle(3, 0, 1), PEER)).isEqualTo(Added.NEW);
        assertThat(bodies.addVerified(bundle(4, 0, 100), PEER)).isEqualTo(Added.PEER_FULL);
    }

    @Test
    void clientsThatTakeWhatTheyCanLeaveRoomForWhoHasLittle() {
        Map<Integer, Integer> waiting = new TreeMap<>();
        for (int number = 0; number < 3; number++) {
            for (int client = 0; client < 3; client++) {
                waiting.merge(client, add(sized(client, number, 50)) == Added.NEW ? 1 : 0, Integer::sum);
            }
        }
        assertThat(waiting).as("of 7 that would fit").containsExactly(entry(0, 2), entry(1, 2), entry(2, 2));
        assertThat(add(sized(3, 0, 50))).isEqualTo(Added.NEW);
        assertThat(add(sized(4, 0, 50))).isEqualTo(Added.CLIENTS_FULL);
        bodies.ordered(List.of(sized(0, 0, 50)));
        assertThat(add(sized(0, 2, 50)))
                .as("it is quick, and has more than is free")
                .isEqualTo(Added.CLIENTS_FULL);
        assertThat(add(sized(4, 0, 50))).isEqualTo(Added.NEW);
    }

    @Test
    void whatAMemberForwardsIsOnItsOwnAccountAndHasRoomWhateverElseWaits() {
        for (int client = 0; client < 20; client++) {
            add(sized(client, 0, 100));
        }
        assertThat(add(sized(100, 0, 100))).isEqualTo(Added.CLIENTS_FULL);
        assertThat(bodies.addVerified(sized(100, 0, 100), PEER))
                .as("all clients' room is full")
                .isEqualTo(Added.NEW);
        add(bundle(1, 1, 3));
        assertThat(add(bundle(1, 2, 3))).isEqualTo(Added.OVER_QUOTA);
        assertThat(bodies.addVerified(bundle(1, 2, 3), PEER))
                .as("its client's quota is used up")
                .isEqualTo(Added.NEW);
    }

    @Test
    void aMemberWithManyClientsKeysFillsItsOwnRoomAndNobodyElses() {
        int fitting = (int) (CONFIG.pendingBytesPerPeer() / sized(0, 0, 100).footprint());
        for (int client = 0; client < fitting; client++) {
            assertThat(bodies.addVerified(sized(client, 0, 100), PEER)).isEqualTo(Added.NEW);
        }
        assertThat(bodies.addVerified(sized(100, 0, 100), PEER)).isEqualTo(Added.PEER_FULL);
        assertThat(bodies.addVerified(sized(101, 0, 100), OTHER_PEER)).isEqualTo(Added.NEW);
        assertThat(add(sized(102, 0, 100))).isEqualTo(Added.NEW);
        bodies.ordered(List.of(sized(0, 0, 100)));
        assertThat(bodies.addVerified(sized(100, 0, 100), PEER)).isEqualTo(Added.NEW);
    }

    @Test
    void aMemberForwardsAsManyOfAClientAsItMayTime() {
        BodyStore roomy =
                new BodyStore(CONFIG.withPendingBytes(CONFIG.pendingBytes(), 1 << 20), Long.MAX_VALUE, listener);
        for (int number = 0; number < 5; number++) {
            timeouts.add(bundle(1, number, 1), true, 0);
            timeouts.add(bundle(1, 10 + number, 1), false, 0);
        }
        List<RequestBundle> timed = timeouts.look(SECOND / 2).late();
        assertThat(timed).isNotEmpty().allMatch(bundle -> roomy.addVerified(bundle, PEER) == Added.NEW);
        assertThat(roomy.addVerified(bundle(1, 9, 1), PEER)).isEqualTo(Added.PEER_FULL);
        assertThat(roomy.addVerified(bundle(2, 0, 1), PEER)).isEqualTo(Added.NEW);
        roomy.ordered(timed.subList(0, 1));
        assertThat(roomy.addVerified(bundle(1, 9, 1), PEER)).isEqualTo(Added.NEW);
    }

    @Test
    void whatABatchNamesAlwaysGetsInAndIsOnNobodysAccount() {
        List<RequestBundle> named = new ArrayList<>();
        for (int client = 0; client < 50; client++) {
            named.add(sized(client, 0, 100));
        }
        Batch batch = Batches.of(1, named.stream().map(RequestBundle::digest).toList());
        bodies.await(batch, true, 1);
        named.forEach(bundle -> assertThat(bodies.addVerified(bundle, PEER)).isEqualTo(Added.NEW));
        assertThat(heard).containsExactly(held(batch, true));
        assertThat(bodies.addVerified(sized(100, 0, 100), PEER))
                .as("the member's room is free")
                .isEqualTo(Added.NEW);
        assertThat(add(sized(101, 0, 100))).as("the clients' room is free").isEqualTo(Added.NEW);
    }

    @Test
    void aBodyThatCameTwiceIsOnOneAccount() {
        assertThat(bodies.addVerified(bundle(1, 0, 3), PEER)).isEqualTo(Added.NEW);
        assertThat(add(bundle(1, 0, 3))).isEqualTo(Added.KNOWN);
        assertThat(add(bundle(1, 1, 3))).as("the client's quota is untouched").isEqualTo(Added.NEW);
        assertThat(bodies.wouldAdd(bundle(1, 1, 3), PEER)).isEqualTo(Added.KNOWN);
    }

    private Added add(RequestBundle bundle) {
        return bodies.addVerified(bundle, new Origin.OfClient(bundle.client()));
    }

    // ---- inboxes ----

    @Test
    void aNodeHasAtMostAQuarterOfAnInboxAndALaneOfItsKind() throws Exception {
        Inbox inbox = new Inbox(16);
        for (int place = 0; place < 4; place++) {
            assertThat(inbox.offer(incoming(client(1), 10))).isTrue();
        }
        assertThat(inbox.offer(incoming(client(1), 10))).isFalse();
        for (int other = 2; other <= 4; other++) {
            for (int place = 0; place < 4; place++) {
                assertThat(inbox.offer(incoming(client(other), 10))).isTrue();
            }
        }
        assertThat(inbox.offer(incoming(client(5), 10))).as("the lane is full").isFalse();
        assertThat(inbox.offer(incoming(new ReplicaId(1), 10))).isTrue();
        List<Incoming> drained = new ArrayList<>();
        assertThat(inbox.drain(drained, 100)).isTrue();
        assertThat(drained).hasSize(17);
        assertThat(inbox.offer(incoming(client(1), 10))).isTrue();
    }

    @Test
    void anInboxIsBoundedInBytesAndHasRoomForOneHoweverLarge() throws Exception {
        Inbox inbox = new Inbox(16); // 128 KiB, a quarter is 32 KiB
        assertThat(inbox.offer(incoming(client(1), 100_000))).as("the only one").isTrue();
        assertThat(inbox.offer(incoming(client(1), 1))).isFalse();
        assertThat(inbox.offer(incoming(client(2), 30_000))).isTrue();
        assertThat(inbox.offer(incoming(client(2), 10)))
                .as("130 010 of 131 072")
                .isTrue();
        assertThat(inbox.offer(incoming(client(3), 2_000)))
                .as("above the lane's bytes")
                .isFalse();
        List<Incoming> drained = new ArrayList<>();
        inbox.drain(drained, 100);
        assertThat(inbox.offer(incoming(client(3), 2_000))).isTrue();
    }

    private static ClientId client(int number) {
        return new ClientId(new Digest(number, 0, 0, 0));
    }

    private static Incoming incoming(NodeId from, int size) {
        return new Incoming(from, ByteString.copyFrom(new byte[size]));
    }

    // ---- timeouts ----

    @Test
    void aRequestIsLateAtHalfItsTimeoutOnceAndTimedOutAtTheWhole() {
        timeouts.add(bundle(1, 0, 1), true, 0);
        assertThat(timeouts.look(SECOND / 2 - 1).late()).isEmpty();
        assertThat(timeouts.look(SECOND / 2).late()).containsExactly(bundle(1, 0, 1));
        assertThat(timeouts.look(SECOND / 2 + 1).late()).isEmpty();
        assertThat(timeouts.look(SECOND - 1).overdue()).isEmpty();
        assertThat(timeouts.look(SECOND).overdue()).contains(Duration.ZERO);
    }

    @Test
    void anOrderedRequestIsNotTimedAnyLonger() {
        timeouts.add(bundle(1, 0, 1), true, 0);
        timeouts.ordered(List.of(bundle(1, 0, 1)), 1);
        assertThat(timeouts.look(5 * SECOND).overdue()).isEmpty();
    }

    @Test
    void whatWaitsBehindAnotherOfItsClientIsTimedFromWhenItIsTheOldest() {
        timeouts.add(bundle(1, 0, 1), true, 0);
        timeouts.add(bundle(1, 1, 1), true, 0);
        timeouts.ordered(List.of(bundle(1, 0, 1)), SECOND - 1);
        assertThat(timeouts.look(2 * SECOND - 2).overdue()).isEmpty();
        assertThat(timeouts.look(2 * SECOND - 1).overdue()).isPresent();
    }

    @Test
    void timingPausesWithoutAViewAndBeginsAnewInTheNext() {
        timeouts.add(bundle(1, 0, 1), true, 0);
        timeouts.leaveView();
        assertThat(timeouts.look(5 * SECOND).overdue()).isEmpty();
        timeouts.enterView(3, 5 * SECOND);
        assertThat(timeouts.look(6 * SECOND - 1).overdue()).isEmpty();
        assertThat(timeouts.look(6 * SECOND))
                .isEqualTo(new RequestTimeouts.Due(3, List.of(), List.of(), Optional.of(Duration.ZERO)));
        assertThat(timeouts.look(8 * SECOND).overdue()).contains(Duration.ofNanos(2 * SECOND));
    }

    @Test
    void whatWasLateInOneViewIsLateOnceInTheNextToo() {
        timeouts.add(bundle(1, 0, 1), true, 0);
        assertThat(timeouts.look(SECOND / 2).late()).hasSize(1);
        assertThat(timeouts.look(SECOND / 2 + 1).late()).isEmpty();
        timeouts.leaveView();
        timeouts.enterView(1, SECOND);
        assertThat(timeouts.look(SECOND + SECOND / 2).late()).containsExactly(bundle(1, 0, 1));
        assertThat(timeouts.look(SECOND + SECOND / 2 + 1).late()).isEmpty();
    }

    @Test
    void whatMembersBringInAClientsNameTakesNoPlaceOfWhatItSendsItself() {
        for (int number = 0; number < 5; number++) {
            timeouts.add(bundle(1, number, 1), false, 0);
        }
        timeouts.add(bundle(1, 9, 1), true, 0);
        timeouts.add(bundle(1, 1, 1), true, 0);
        assertThat(timeouts.look(SECOND / 2).late())
                .containsExactlyInAnyOrder(bundle(1, 0, 1), bundle(1, 1, 1), bundle(1, 9, 1));
        // The primary orders what a member has brought, one by one, and never what the client waits for.
        timeouts.ordered(List.of(bundle(1, 0, 1), bundle(1, 1, 1)), SECOND - 1);
        assertThat(timeouts.look(SECOND).overdue()).contains(Duration.ZERO);
        timeouts.ordered(List.of(bundle(1, 9, 1)), SECOND);
        assertThat(timeouts.look(2 * SECOND - 2).overdue()).isEmpty();
        timeouts.ordered(List.of(bundle(1, 2, 1), bundle(1, 3, 1), bundle(1, 4, 1)), SECOND);
        assertThat(timeouts.look(5 * SECOND).overdue()).isEmpty();
    }

    @Test
    void onlyTheOldestOfAClientAreTimed() {
        for (int number = 0; number < 5; number++) {
            timeouts.add(bundle(1, number, 1), true, number);
        }
        assertThat(timeouts.look(SECOND).late()).containsExactly(bundle(1, 0, 1), bundle(1, 1, 1));
    }

    @Test
    void aPlaceThatBecomesFreeIsTheNextOnesOfItsClientInOrderOfArrival() {
        for (int number = 0; number < 5; number++) {
            timeouts.add(bundle(1, number, 1), true, 0);
        }
        timeouts.add(bundle(2, 0, 1), true, 0);
        timeouts.add(bundle(1, 2, 1), true, 1); // sent again, it keeps its place
        timeouts.ordered(List.of(bundle(2, 0, 1), bundle(1, 3, 1)), 2);
        assertThat(timeouts.look(SECOND).late())
                .as("one was ordered untimed, and one was another client's")
                .containsExactly(bundle(1, 0, 1), bundle(1, 1, 1));
        timeouts.ordered(List.of(bundle(1, 1, 1)), SECOND);
        assertThat(timeouts.look(SECOND + SECOND / 2 - 1).late()).isEmpty();
        assertThat(timeouts.look(SECOND + SECOND / 2).late())
                .as("late half a timeout after it has its place: what made room is ordered everywhere by then")
                .containsExactly(bundle(1, 2, 1));
        timeouts.ordered(List.of(bundle(1, 0, 1), bundle(1, 2, 1)), 2 * SECOND);
        assertThat(timeouts.look(3 * SECOND - 1)).matches(due -> due.late().equals(List.of(bundle(1, 4, 1))));
        assertThat(timeouts.look(3 * SECOND).overdue()).isPresent();
        timeouts.ordered(List.of(bundle(1, 4, 1)), 3 * SECOND);
        assertThat(timeouts.look(5 * SECOND).overdue()).isEmpty();
    }

    /** Where everything waits long and is ordered, everybody would forward everything to a primary that has it. */
    @Test
    void whatIsBehindOthersThatAreOrderedIsNotLate() {
        timeouts.add(bundle(1, 0, 1), true, 0);
        timeouts.add(bundle(1, 1, 1), true, 0);
        timeouts.ordered(List.of(bundle(1, 0, 1)), SECOND / 2 - 1);
        assertThat(timeouts.look(SECOND - 2).late()).isEmpty();
        assertThat(timeouts.look(SECOND - 1).late()).containsExactly(bundle(1, 1, 1));
    }

    /** There may be room to forward only one at a time. */
    @Test
    void whatWillTimeOutFirstIsLateFirst() {
        for (int client = 1; client <= 8; client++) {
            timeouts.add(bundle(client, 0, 1), true, client);
            timeouts.add(bundle(client, 1, 1), true, client);
        }
        List<RequestBundle> late = timeouts.look(SECOND / 2 + 8).late();
        assertThat(late).hasSize(16).startsWith(bundle(1, 0, 1), bundle(2, 0, 1), bundle(3, 0, 1));
        timeouts.offerAgain(late.subList(1, 16));
        timeouts.ordered(late.subList(0, 1), SECOND / 2 + 9);
        assertThat(timeouts.look(SECOND / 2 + 10).late()).startsWith(bundle(2, 0, 1));
    }

    /** Whoever leads may not have had room for it when it was late with all others. */
    @Test
    void whatIsTheOldestForHalfATimeoutIsLateOnceMoreAndDoubtful() {
        timeouts.add(bundle(1, 0, 1), true, 0);
        timeouts.add(bundle(1, 1, 1), true, 0);
        assertThat(timeouts.look(SECOND / 2)).satisfies(due -> {
            assertThat(due.late()).containsExactly(bundle(1, 0, 1), bundle(1, 1, 1));
            assertThat(due.doubtful()).containsExactly(bundle(1, 0, 1).digest());
        });
        timeouts.ordered(List.of(bundle(1, 0, 1)), SECOND - 1);
        assertThat(timeouts.look(SECOND + SECOND / 2 - 2))
                .matches(due -> due.late().isEmpty() && due.doubtful().isEmpty());
        assertThat(timeouts.look(SECOND + SECOND / 2 - 1)).satisfies(due -> {
            assertThat(due.late()).containsExactly(bundle(1, 1, 1));
            assertThat(due.doubtful()).containsExactly(bundle(1, 1, 1).digest());
        });
        assertThat(timeouts.look(SECOND + SECOND / 2))
                .matches(due -> due.late().isEmpty() && due.doubtful().isEmpty());
        timeouts.leaveView();
        timeouts.enterView(1, 2 * SECOND);
        assertThat(timeouts.look(3 * SECOND - SECOND / 2).doubtful()).hasSize(1);
    }

    @Test
    void aDoubtfulBundleIsBelievedToBeDecidedWhenAsManyDistinctMembersSaySo() {
        RequestBundle doubtful = bundle(1, 0, 1);
        RequestBundle waiting = bundle(1, 1, 1);
        List<Digest> both = List.of(doubtful.digest(), waiting.digest());
        timeouts.add(doubtful, true, 0);
        timeouts.add(waiting, true, 0);
        assertThat(timeouts.saidToBeDecided(new ReplicaId(1), both)).isEmpty();
        assertThat(timeouts.look(SECOND / 2).doubtful()).containsExactly(doubtful.digest());
        assertThat(timeouts.saidToBeDecided(new ReplicaId(2), both))
                .as("what was said before is not remembered")
                .isEmpty();
        assertThat(timeouts.saidToBeDecided(new ReplicaId(2), both))
                .as("the same member")
                .isEmpty();
        assertThat(timeouts.saidToBeDecided(new ReplicaId(3), both)).containsExactly(doubtful);
        assertThat(timeouts.saidToBeDecided(new ReplicaId(1), both))
                .as("it is said once")
                .isEmpty();
        timeouts.ordered(List.of(doubtful), SECOND);
        assertThat(timeouts.saidToBeDecided(new ReplicaId(1), both)).isEmpty();
    }

    @Test
    void whatIsOrderedAllAtOnceLeavesNothingToTime() {
        for (int number = 0; number < 5; number++) {
            timeouts.add(bundle(1, number, 1), true, 0);
        }
        timeouts.ordered(
                List.of(bundle(1, 4, 1), bundle(1, 0, 1), bundle(1, 2, 1), bundle(1, 1, 1), bundle(1, 3, 1)), 1);
        assertThat(timeouts.look(5 * SECOND))
                .matches(due -> due.late().isEmpty() && due.overdue().isEmpty());
    }

    private static RequestBundle sized(int client, int number, int size) {
        byte[] bytes = new byte[size];
        bytes[0] = (byte) client;
        bytes[1] = (byte) number;
        return bundle(client, 1, ByteString.copyFrom(bytes));
    }

    private static RequestBundle bundle(int client, int number, int requests) {
        return bundle(
                client, requests, ByteString.copyFrom(new byte[] {(byte) client, (byte) number, (byte) requests}));
    }

    private static RequestBundle bundle(int client, int requests, ByteString envelope) {
        List<Request> content = new ArrayList<>();
        for (int request = 0; request < requests; request++) {
            content.add(new Request(Request.Kind.ORDERED, new SessionId(1, 0), request, ByteString.EMPTY));
        }
        return new RequestBundle(
                client(client),
                new PublicKey(new byte[] {(byte) client}),
                content,
                List.of(),
                envelope,
                Hasher.hash(envelope.asReadOnlyByteBuffer()));
    }
}
