package dev.atlas.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.Bodies;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.FetchBatches;
import dev.atlas.core.message.OrderingMessage.FetchBodies;
import dev.atlas.core.message.OrderingMessage.FetchedBatch;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.OrderingMessage.SignedCheckpoint;
import dev.atlas.core.message.OrderingMessage.SignedNewView;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.OrderingMessage.StableCheckpoint;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ring 2: a real replica, its shell included, among members that lie. Whoever extends this says what they run on. */
@Timeout(60)
abstract class PeerRules {

    private static final long PERIOD = PbftConfig.defaults().checkpointPeriod();

    private Peers peers;

    abstract Peers open() throws Exception;

    final Peers peers() {
        return peers;
    }

    @BeforeEach
    void start() throws Exception {
        peers = open();
    }

    @AfterEach
    void close() {
        peers.close();
    }

    @Test
    void aProposalWithItsBodyIsPreparedCommittedAndDecided() throws Exception {
        RequestBundle bundle = peers.bundle(1);
        Batch batch = propose(1, bundle);
        peers.say(0, new Bodies(List.of(bundle.envelope())));
        peers.await("a PREPARE", () -> !peers.said(Prepare.class).isEmpty());
        peers.say(2, new Prepare(0, 0, 1, batch.digest()));
        peers.await("a COMMIT", () -> !peers.said(Commit.class).isEmpty());
        peers.say(0, new Commit(0, 0, 1, batch.digest()));
        peers.say(2, new Commit(0, 0, 1, batch.digest()));
        peers.await("execution", () -> peers.status().executor().executed() == 1);
        assertThat(peers.status().executor().sessions()).isEqualTo(1);
    }

    @Test
    void aBodyThatIsNotThereIsFetchedFromThePrimary() throws Exception {
        RequestBundle bundle = peers.bundle(1);
        propose(1, bundle);
        peers.await(
                "a fetch",
                () -> peers.said(FetchBodies.class).stream()
                        .anyMatch(fetch -> fetch.digests().contains(bundle.digest())));
        assertThat(peers.said(Prepare.class)).isEmpty();
    }

    @Test
    void aBodyThatItsClientDidNotSignIsNeverPrepared() throws Exception {
        byte[] forged = peers.bundle(1).envelope().toByteArray();
        forged[forged.length - 1] ^= 1;
        RequestBundle bundle = new BundleCodec(peers.cluster())
                .open(ByteString.copyFrom(forged))
                .fold(value -> value, reason -> {
                    throw new AssertionError(reason);
                });
        propose(1, bundle);
        peers.say(0, new Bodies(List.of(bundle.envelope())));
        peers.await("the rejection", () -> peers.status().requests().badSignatures() > 0);
        assertAliveAndSilentOn(1);
    }

    @Test
    void garbageIsCountedAndNothingElseHappens() throws Exception {
        peers.sayBytes(2, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5}));
        peers.sayBytes(2, ByteBuffer.wrap(new byte[1000]));
        peers.await("the count", () -> peers.status().rejected().get("malformed from peers") == 2);
        assertAliveAndSilentOn(1);
    }

    @Test
    void aProposalOfABackupIsReported() throws Exception {
        peers.say(2, new PrePrepare(0, 0, 1, Batches.of(1, List.of())));
        awaitMisbehaviour("replica-2 NOT_PRIMARY");
        assertThat(peers.said(Prepare.class)).isEmpty();
    }

    @Test
    void anEquivocatingPrimaryIsReportedAndTheFirstProposalStands() throws Exception {
        Batch first = Batches.of(1, List.of());
        peers.say(0, new PrePrepare(0, 0, 1, first));
        peers.say(0, new PrePrepare(0, 0, 1, Batches.of(2, List.of())));
        awaitMisbehaviour("replica-0 EQUIVOCATION");
        assertThat(peers.said(Prepare.class))
                .isNotEmpty()
                .allMatch(prepare -> prepare.digest().equals(first.digest()));
    }

    @Test
    void duplicatedVotesOfOnePeerAreOneVote() throws Exception {
        Batch batch = Batches.of(1, List.of());
        for (int repeat = 0; repeat < 5; repeat++) {
            peers.say(0, new Commit(0, 0, 1, batch.digest()));
        }
        peers.say(2, new PrePrepare(0, 0, 9, batch));
        awaitMisbehaviour("replica-2 NOT_PRIMARY");
        assertThat(peers.status().orchestrator().ordering().decided()).isZero();
    }

    @Test
    void aMessageOfAnotherEpochIsReported() throws Exception {
        peers.say(2, new Commit(7, 0, 1, Batches.NULL.digest()));
        awaitMisbehaviour("replica-2 WRONG_EPOCH");
    }

    @Test
    void aViewChangeForgedInAnothersNameIsRefused() throws Exception {
        Signed<ViewChange> own = peers.sign(2, viewChange(1));
        for (int forged : List.of(0, 3)) {
            peers.say(
                    2,
                    new SignedViewChange(
                            Signed.of(new ReplicaId(forged), own.content(), own.payload(), own.signature())));
        }
        peers.await("the rejection", () -> peers.status().rejected().get("bad signatures from peers") == 2);
        assertThat(peers.status().orchestrator().ordering().view()).isZero();
    }

    @Test
    void viewChangeSpamOfOnePeerMovesNobodyAndTwoPeersDo() throws Exception {
        for (int view = 1; view <= 40; view++) {
            peers.say(3, new SignedViewChange(peers.sign(3, viewChange(view))));
        }
        peers.say(3, new PrePrepare(0, 0, 1, Batches.NULL));
        awaitMisbehaviour("replica-3 NOT_PRIMARY");
        assertThat(peers.status().orchestrator().ordering().active()).isTrue();
        assertThat(peers.said(SignedViewChange.class)).isEmpty();
        peers.say(2, new SignedViewChange(peers.sign(2, viewChange(1))));
        peers.await("it joins", () -> !peers.said(SignedViewChange.class).isEmpty());
    }

    @Test
    void aBogusNewViewIsRefusedAndTheViewGoesOn() throws Exception {
        peers.say(2, new SignedNewView(peers.sign(2, new NewView(0, 2, List.of(), 0, List.of()))));
        awaitMisbehaviour("replica-2 INVALID_NEW_VIEW");
        assertThat(peers.status().orchestrator().ordering().active()).isTrue();
        peers.say(0, new PrePrepare(0, 0, 1, Batches.of(1, List.of())));
        peers.await("it still votes", () -> !peers.said(Prepare.class).isEmpty());
    }

    @Test
    void aLyingClaimOfOnePeerDecidesNothing() throws Exception {
        peers.say(3, new OrderingMessage.DecidedClaims(0, 1, List.of(Batches.NULL.digest())));
        peers.say(3, new PrePrepare(0, 0, 1, Batches.NULL));
        awaitMisbehaviour("replica-3 NOT_PRIMARY");
        assertThat(peers.status().orchestrator().ordering().decided()).isZero();
    }

    // ---- damaged, early, repeated ----

    @Test
    void everyKindOfMessageMayArriveTruncatedOrWithFlippedBitsAndNothingBreaks() throws Exception {
        Random random = new Random(7);
        long undecodable = 0;
        long ofOtherEpochs = 0;
        for (OrderingMessage message : oneOfEachKind()) {
            for (byte[] damaged : damaged(bytes(message), random)) {
                switch (OrderingCodec.decode(ByteBuffer.wrap(damaged))) {
                    case Decoded.Malformed<OrderingMessage> ignored -> undecodable++;
                    case Decoded.Value<OrderingMessage>(OrderingMessage changed) ->
                        ofOtherEpochs += isOfAnotherEpoch(changed) ? 1 : 0;
                }
                peers.sayBytes(3, ByteBuffer.wrap(damaged));
            }
        }
        awaitCount("replica-3 WRONG_EPOCH", ofOtherEpochs);
        flush(3);
        assertThat(peers.status().rejected().get("malformed from peers"))
                .isPositive()
                .isEqualTo(undecodable);
        assertThat(peers.status().rejected().get("bad signatures from peers")).isPositive();
        assertThat(ordering().view()).isZero();
        assertThat(ordering().active()).isTrue();
        assertThat(ordering().decided()).isZero();
        assertThat(ordering().stable()).isZero();
        assertAliveAndSilentOn(1);
    }

    @Test
    void votesThatComeBeforeProposalAndBodyDecideOnceTheseAreHere() throws Exception {
        RequestBundle bundle = peers.bundle(1);
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        peers.say(2, new Commit(0, 0, 1, batch.digest()));
        peers.say(0, new Commit(0, 0, 1, batch.digest()));
        peers.say(2, new Prepare(0, 0, 1, batch.digest()));
        flush(0);
        flush(2);
        assertThat(ordering().decided()).isZero();
        peers.say(0, new Bodies(List.of(bundle.envelope())));
        propose(1, bundle);
        peers.await("execution", () -> peers.status().executor().executed() == 1);
    }

    @Test
    void whatIsRepeatedIsAnsweredAndExecutedOnce() throws Exception {
        RequestBundle bundle = peers.bundle(1);
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        for (int repeat = 0; repeat < 3; repeat++) {
            peers.say(0, new Bodies(List.of(bundle.envelope())));
            propose(1, bundle);
            peers.say(2, new Prepare(0, 0, 1, batch.digest()));
        }
        peers.await("COMMITs", () -> peers.said(Commit.class).size() >= 3);
        for (int repeat = 0; repeat < 3; repeat++) {
            propose(1, bundle);
            peers.say(0, new Commit(0, 0, 1, batch.digest()));
            peers.say(2, new Commit(0, 0, 1, batch.digest()));
        }
        peers.await("execution", () -> peers.status().executor().executed() == 1);
        flush(0);
        flush(2);
        assertThat(peers.status().executor().executed()).isEqualTo(1);
        assertThat(peers.status().executor().sessions()).isEqualTo(1);
        assertThat(peers.said(Prepare.class)).as("one to each of three").hasSize(3);
        assertThat(peers.said(Commit.class)).as("one to each of three").hasSize(3);
    }

    @Test
    void votesForAnotherDigestOrInAnotherViewAreNotCounted() throws Exception {
        Batch batch = Batches.of(1, List.of());
        Batch other = Batches.of(2, List.of());
        peers.say(0, new PrePrepare(0, 0, 1, batch));
        peers.say(2, new Prepare(0, 0, 1, other.digest()));
        peers.say(3, new Prepare(0, 3, 1, batch.digest()));
        flush(0);
        flush(2);
        flush(3);
        assertThat(peers.said(Prepare.class)).isNotEmpty();
        assertThat(peers.said(Commit.class)).isEmpty();
        peers.say(3, new Prepare(0, 0, 1, batch.digest()));
        peers.await("a COMMIT", () -> !peers.said(Commit.class).isEmpty());
        peers.say(0, new Commit(0, 0, 1, other.digest()));
        peers.say(2, new Commit(0, 2, 1, batch.digest()));
        peers.say(3, new Commit(0, 0, 1, batch.digest()));
        flush(0);
        flush(2);
        flush(3);
        assertThat(ordering().decided()).as("two COMMITs count").isZero();
        peers.say(2, new Commit(0, 0, 1, batch.digest()));
        peers.await("the decision", () -> ordering().decided() == 1);
    }

    // ---- signatures and certificates ----

    @Test
    void aBadSignatureIsRefusedOnEveryKindThatIsSigned() throws Exception {
        peers.say(3, new SignedCheckpoint(forged(peers.sign(3, checkpoint(PERIOD)))));
        peers.say(3, new SignedViewChange(forged(peers.sign(3, viewChange(1)))));
        peers.say(3, new SignedNewView(forged(peers.sign(3, new NewView(0, 3, List.of(), 0, List.of())))));
        peers.say(
                3,
                certificate(List.of(
                        peers.sign(0, checkpoint(PERIOD)),
                        peers.sign(2, checkpoint(PERIOD)),
                        forged(peers.sign(3, checkpoint(PERIOD))))));
        peers.await("the rejections", () -> peers.status().rejected().get("bad signatures from peers") == 4);
        assertThat(ordering().stable()).isZero();
        assertThat(ordering().view()).isZero();
        assertThat(peers.status().orchestrator().misbehaviour()).isEmpty();
    }

    @Test
    void aCertificateNeedsAQuorumOfDistinctSigners() throws Exception {
        Signed<Checkpoint> zero = peers.sign(0, checkpoint(PERIOD));
        Signed<Checkpoint> two = peers.sign(2, checkpoint(PERIOD));
        Signed<Checkpoint> three = peers.sign(3, checkpoint(PERIOD));
        peers.say(3, certificate(List.of(zero, two)));
        peers.say(3, certificate(List.of(zero, two, two)));
        peers.say(3, certificate(List.of()));
        peers.await("the rejections", () -> peers.status().rejected().get("bad signatures from peers") == 3);
        assertThat(ordering().stable()).isZero();
        peers.say(3, certificate(List.of(zero, two, three)));
        peers.await("the watermark rises", () -> ordering().stable() == PERIOD);
    }

    @Test
    void aViewChangeAboveACheckpointNeedsItsCertificate() throws Exception {
        CheckpointCertificate thin = new CheckpointCertificate(
                List.of(peers.sign(2, checkpoint(PERIOD)), peers.sign(3, checkpoint(PERIOD))));
        peers.say(
                2,
                new SignedViewChange(
                        peers.sign(2, new ViewChange(0, 1, PERIOD, Optional.of(thin), List.of(), List.of()))));
        peers.say(
                3,
                new SignedViewChange(
                        peers.sign(3, new ViewChange(0, 1, PERIOD, Optional.empty(), List.of(), List.of()))));
        peers.await("the rejections", () -> peers.status().rejected().get("bad signatures from peers") == 2);
        assertThat(peers.said(SignedViewChange.class)).isEmpty();
    }

    // ---- view change ----

    @Test
    void aNewPrimaryProposesAgainWhatMayHaveCommittedAndFetchesItFirst() throws Exception {
        Batch batch = Batches.of(1, List.of());
        peers.say(2, new SignedViewChange(peers.sign(2, claiming(1, batch.digest()))));
        peers.say(3, new SignedViewChange(peers.sign(3, claiming(1, batch.digest()))));
        peers.await(
                "a fetch",
                () -> peers.said(FetchBatches.class).stream()
                        .anyMatch(fetch -> fetch.digests().contains(batch.digest())));
        assertThat(peers.said(SignedNewView.class)).as("without the batch").isEmpty();
        peers.say(3, new FetchedBatch(batch));
        assertThat(newView().choices()).containsExactly(batch.digest());
    }

    @Test
    void aLoneClaimHoldsTheNewPrimaryUpOnlyUntilAQuorumDeniesIt() throws Exception {
        Batch batch = Batches.of(1, List.of());
        peers.say(2, new SignedViewChange(peers.sign(2, viewChange(1))));
        peers.say(3, new SignedViewChange(peers.sign(3, claiming(1, batch.digest()))));
        peers.await("it joins", () -> ordering().view() == 1);
        flush(2);
        flush(3);
        assertThat(peers.said(SignedNewView.class))
                .as("of three, one claims and two deny: neither A nor B holds")
                .isEmpty();
        peers.say(0, new SignedViewChange(peers.sign(0, viewChange(1))));
        assertThat(newView().choices()).isEmpty();
    }

    @Test
    void aBackupEntersAViewThatItsViewChangesPermitAndVotesForWhatThatFixes() throws Exception {
        Batch batch = Batches.of(1, List.of());
        List<NewView.Reference> references = askForViewTwo(batch.digest());
        peers.say(2, new SignedNewView(peers.sign(2, new NewView(0, 2, references, 0, List.of(batch.digest())))));
        peers.await(
                "a fetch",
                () -> peers.said(FetchBatches.class).stream()
                        .anyMatch(fetch -> fetch.digests().contains(batch.digest())));
        peers.say(2, new FetchedBatch(batch));
        peers.await("its vote", () -> peers.said(Prepare.class).contains(new Prepare(0, 2, 1, batch.digest())));
        peers.say(2, new PrePrepare(0, 2, 1, Batches.of(9, List.of())));
        awaitMisbehaviour("replica-2 FIXED_BY_NEW_VIEW");
        assertThat(peers.said(Prepare.class))
                .allMatch(prepare -> prepare.digest().equals(batch.digest()));
    }

    @Test
    void aNewViewThatDropsWhatMayHaveCommittedIsRefusedAndTheNextPrimaryAskedFor() throws Exception {
        Batch batch = Batches.of(1, List.of());
        List<NewView.Reference> references = askForViewTwo(batch.digest());
        peers.say(2, new SignedNewView(peers.sign(2, new NewView(0, 2, references, 0, List.of()))));
        assertRefusedAndThirdViewAskedFor();
    }

    @Test
    void aNewViewThatFixesWhatNobodyPreparedIsRefused() throws Exception {
        Batch batch = Batches.of(1, List.of());
        List<NewView.Reference> references = askForViewTwo(batch.digest());
        List<Digest> invented = List.of(batch.digest(), Batches.of(2, List.of()).digest());
        peers.say(2, new SignedNewView(peers.sign(2, new NewView(0, 2, references, 0, invented))));
        assertRefusedAndThirdViewAskedFor();
    }

    @Test
    void aNewViewThatRestsOnViewChangesForAnotherViewIsRefused() throws Exception {
        Batch batch = Batches.of(1, List.of());
        List<NewView.Reference> references = new ArrayList<>(askForViewTwo(batch.digest()));
        Signed<ViewChange> later = peers.sign(3, claiming(3, batch.digest()));
        peers.say(3, new SignedViewChange(later));
        references.set(2, new NewView.Reference(new ReplicaId(3), later.hash()));
        peers.say(2, new SignedNewView(peers.sign(2, new NewView(0, 2, references, 0, List.of(batch.digest())))));
        assertRefusedAndThirdViewAskedFor();
    }

    @Test
    void aNewViewThatNamesOneViewChangeTwiceIsRefused() throws Exception {
        Batch batch = Batches.of(1, List.of());
        List<NewView.Reference> references = new ArrayList<>(askForViewTwo(batch.digest()));
        references.set(0, references.get(1));
        peers.say(2, new SignedNewView(peers.sign(2, new NewView(0, 2, references, 0, List.of(batch.digest())))));
        assertRefusedAndThirdViewAskedFor();
    }

    /** Members 2 and 3 claim that a digest prepared at 1, and the real replica joins them with empty hands. */
    private List<NewView.Reference> askForViewTwo(Digest prepared) throws Exception {
        Signed<ViewChange> second = peers.sign(2, claiming(2, prepared));
        Signed<ViewChange> third = peers.sign(3, claiming(2, prepared));
        peers.say(2, new SignedViewChange(second));
        peers.say(3, new SignedViewChange(third));
        peers.await("it joins", () -> !peers.said(SignedViewChange.class).isEmpty());
        Signed<ViewChange> own = peers.said(SignedViewChange.class).getFirst().signed();
        assertThat(own.content().newView()).isEqualTo(2);
        return List.of(
                new NewView.Reference(Peers.REAL, own.hash()),
                new NewView.Reference(new ReplicaId(2), second.hash()),
                new NewView.Reference(new ReplicaId(3), third.hash()));
    }

    private void assertRefusedAndThirdViewAskedFor() throws Exception {
        awaitMisbehaviour("replica-2 INVALID_NEW_VIEW");
        peers.await(
                "view 3 is asked for",
                () -> peers.said(SignedViewChange.class).stream()
                        .anyMatch(asked -> asked.signed().content().newView() == 3));
        assertThat(peers.said(Prepare.class)).isEmpty();
    }

    private NewView newView() throws Exception {
        peers.await("a NEW-VIEW", () -> !peers.said(SignedNewView.class).isEmpty());
        return peers.said(SignedNewView.class).getFirst().signed().content();
    }

    private OrderingStatus ordering() throws Exception {
        return peers.status().orchestrator().ordering();
    }

    /** Waits until what a peer has said so far has been looked at, proposals and votes; signed messages take a way of their own. */
    private void flush(int peer) throws Exception {
        String strange = "replica-" + peer + " WRONG_EPOCH";
        long before = count(strange);
        peers.say(peer, new PrePrepare(7, 0, 1, Batches.NULL));
        peers.say(peer, new Commit(7, 0, 1, Batches.NULL.digest()));
        awaitCount(strange, before + 2);
    }

    private long count(String misbehaviour) throws Exception {
        return peers.status().orchestrator().misbehaviour().getOrDefault(misbehaviour, 0L);
    }

    private void awaitCount(String misbehaviour, long expected) throws Exception {
        peers.await(expected + " times " + misbehaviour, () -> count(misbehaviour) == expected);
    }

    private static List<byte[]> damaged(byte[] whole, Random random) {
        List<byte[]> all = new ArrayList<>();
        for (int length : List.of(1, whole.length / 2, whole.length - 1)) {
            all.add(Arrays.copyOf(whole, length));
        }
        for (int flip = 0; flip < 20; flip++) {
            byte[] flipped = whole.clone();
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
            all.add(flipped);
        }
        return all;
    }

    private static boolean isOfAnotherEpoch(OrderingMessage message) {
        return switch (message) {
            case PrePrepare said -> said.epoch() != 0;
            case Prepare said -> said.epoch() != 0;
            case Commit said -> said.epoch() != 0;
            case OrderingMessage.Status said -> said.epoch() != 0;
            case OrderingMessage.DecidedClaims said -> said.epoch() != 0;
            case OrderingMessage other -> false;
        };
    }

    private List<OrderingMessage> oneOfEachKind() {
        Digest digest = Batches.of(5, List.of()).digest();
        return List.of(
                new PrePrepare(0, 0, 1, Batches.of(5, List.of(digest))),
                new Prepare(0, 0, 1, digest),
                new Commit(0, 0, 1, digest),
                new SignedCheckpoint(peers.sign(3, checkpoint(PERIOD))),
                certificate(List.of(peers.sign(0, checkpoint(PERIOD)), peers.sign(3, checkpoint(PERIOD)))),
                new SignedViewChange(peers.sign(3, claiming(1, digest))),
                new SignedNewView(peers.sign(
                        3,
                        new NewView(
                                0, 3, List.of(new NewView.Reference(new ReplicaId(3), digest)), 0, List.of(digest)))),
                new OrderingMessage.Status(
                        0,
                        0,
                        true,
                        List.of(Peers.REAL),
                        false,
                        0,
                        0,
                        digest,
                        false,
                        List.of(new OrderingMessage.OpenSlot(
                                1, Optional.of(digest), true, List.of(Peers.REAL), List.of()))),
                new OrderingMessage.DecidedClaims(0, 1, List.of(digest)),
                new FetchBatches(List.of(digest)),
                new FetchedBatch(Batches.of(5, List.of(digest))),
                new FetchBodies(List.of(digest)),
                new Bodies(List.of(peers.bundle(9).envelope())),
                new OrderingMessage.FetchViewChanges(1, List.of(new NewView.Reference(new ReplicaId(3), digest))));
    }

    private static byte[] bytes(OrderingMessage message) {
        ByteBuffer encoded = OrderingCodec.encode(message);
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    private static <M extends Signable> Signed<M> forged(Signed<M> signed) {
        byte[] signature = signed.signature().toByteArray();
        signature[0] ^= 1;
        return Signed.of(signed.signer(), signed.content(), signed.payload(), ByteString.copyFrom(signature));
    }

    private static Checkpoint checkpoint(long sequence) {
        return new Checkpoint(0, sequence, new Digest(1, 0, 0, 0), new Digest(2, 0, 0, 0), 0);
    }

    private static StableCheckpoint certificate(List<Signed<Checkpoint>> signed) {
        return new StableCheckpoint(new CheckpointCertificate(signed));
    }

    private static ViewChange claiming(long view, Digest digest) {
        return new ViewChange(
                0,
                view,
                0,
                Optional.empty(),
                List.of(new ViewChange.Prepared(1, digest, 0)),
                List.of(new ViewChange.PrePrepared(1, digest, 0)));
    }

    private Batch propose(long sequence, RequestBundle bundle) throws Exception {
        Batch batch = Batches.of(1, List.of(bundle.digest()));
        peers.say(0, new PrePrepare(0, 0, sequence, batch));
        return batch;
    }

    private void assertAliveAndSilentOn(long sequence) throws Exception {
        Batch batch = Batches.of(1, List.of());
        peers.say(0, new PrePrepare(0, 0, sequence + 1, batch));
        peers.await(
                "a PREPARE for a good proposal",
                () -> peers.said(Prepare.class).stream().anyMatch(prepare -> prepare.sequence() == sequence + 1));
        assertThat(peers.said(Prepare.class)).noneMatch(prepare -> prepare.sequence() == sequence);
    }

    private void awaitMisbehaviour(String what) throws Exception {
        peers.await(what, () -> peers.status().orchestrator().misbehaviour().containsKey(what));
    }

    private static ViewChange viewChange(long view) {
        return new ViewChange(0, view, 0, Optional.empty(), List.of(), List.of());
    }
}
