package dev.atlas.core.ordering.pbft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.DecidedClaims;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Action.Misbehaviour;
import dev.atlas.core.ordering.Effects;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.ordering.TimerKey;
import dev.atlas.core.ordering.ViewChangeCause;
import dev.atlas.core.types.Membership;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The rules of ordering, one by one, on one replica of four. */
class PbftRulesTest {

    private static final Now NOW = new Now(1_000_000_000L, 50_000);
    private static final ReplicaId PRIMARY = new ReplicaId(0);
    private static final ReplicaId SELF = new ReplicaId(1);
    private static final ReplicaId THIRD = new ReplicaId(2);
    private static final ReplicaId FOURTH = new ReplicaId(3);
    private static final PbftConfig CONFIG =
            PbftConfig.defaults().withCheckpointPeriod(4).withPipelineDepth(2);

    private final SignatureScheme scheme = new Ed25519Scheme();
    private final List<SignatureScheme.KeyPair> keys = new ArrayList<>();
    private final Membership membership;
    private final Map<Batch, Long> namings = new HashMap<>();
    private Pbft pbft;

    PbftRulesTest() {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            byte[] secret = new byte[32];
            secret[0] = (byte) number;
            keys.add(scheme.fromSecret(secret));
            members.add(new Membership.Member(
                    new ReplicaId(number), keys.get(number).publicKey()));
        }
        membership = new Membership(0, members);
        pbft = replica(SELF, Start.GENESIS);
    }

    // ---- accepting a PRE-PREPARE ----

    @Test
    void aProposalOfThePrimaryIsPreparedAfterItsQEntryIsDurable() {
        Effects effects = receive(PRIMARY, proposal(1, batch(1)));
        assertThat(effects.groups()).anySatisfy(group -> {
            assertThat(group.persist()).containsExactly(new LogRecord.PrePrepared(0, 1, batch(1)));
            assertThat(group.actions()).contains(new Action.Broadcast(new Prepare(0, 0, 1, batch(1).digest())));
        });
    }

    @Test
    void aProposalOfAnyoneElseIsRefused() {
        assertThat(refused(receive(THIRD, proposal(1, batch(1))))).containsExactly(Misbehaviour.NOT_PRIMARY);
    }

    @Test
    void aProposalOfAnotherEpochIsRefused() {
        assertThat(refused(receive(PRIMARY, new PrePrepare(1, 0, 1, batch(1)))))
                .containsExactly(Misbehaviour.WRONG_EPOCH);
    }

    @Test
    void aStrangersMessageIsRefused() {
        assertThat(refused(receive(new ReplicaId(9), proposal(1, batch(1)))))
                .containsExactly(Misbehaviour.NOT_A_MEMBER);
    }

    @Test
    void aSecondDigestForASlotIsEquivocationAndChangesNothing() {
        receive(PRIMARY, proposal(1, batch(1)));
        Effects second = receive(PRIMARY, proposal(1, batch(2)));
        assertThat(refused(second)).containsExactly(Misbehaviour.EQUIVOCATION);
        assertThat(broadcasts(second)).isEmpty();
    }

    @Test
    void aProposalOutsideTheWatermarksWaitsOrIsIgnored() {
        assertThat(broadcasts(receive(PRIMARY, proposal(0, batch(1))))).isEmpty();
        assertThat(broadcasts(receive(PRIMARY, proposal(CONFIG.window() + 1, batch(1)))))
                .isEmpty();
        assertThat(broadcasts(receive(PRIMARY, proposal(CONFIG.window(), batch(1)))))
                .isNotEmpty();
    }

    @Test
    void anOversizedProposalIsRefused() {
        List<Digest> bundles = new ArrayList<>();
        for (int bundle = 0; bundle <= CONFIG.maxBundlesPerBatch(); bundle++) {
            bundles.add(new Digest(bundle, 1, 1, 1));
        }
        assertThat(refused(receive(PRIMARY, proposal(1, Batches.of(1, bundles)))))
                .containsExactly(Misbehaviour.OVERSIZED_BATCH);
        assertThat(refused(receive(PRIMARY, proposal(CONFIG.window() + 1, Batches.of(1, bundles)))))
                .as("rather than kept until its slot opens")
                .containsExactly(Misbehaviour.OVERSIZED_BATCH);
    }

    @Test
    void aTimestampTooFarAheadIsRefusedAndOneJustWithinIsNot() {
        long latest = NOW.wallMillis() + CONFIG.maxDrift().toMillis();
        assertThat(refused(receive(PRIMARY, proposal(1, Batches.of(latest + 1, List.of())))))
                .containsExactly(Misbehaviour.TIMESTAMP_DRIFT);
        assertThat(broadcasts(receive(PRIMARY, proposal(1, Batches.of(latest, List.of())))))
                .isNotEmpty();
    }

    // ---- PREPARE needs the bodies ----

    @Test
    void nothingIsPreparedBeforeEveryBodyIsHereWithItsSignatureChecked() {
        Batch batch = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        Effects accepted = receive(PRIMARY, proposal(1, batch));
        assertThat(broadcasts(accepted)).isEmpty();
        assertThat(actions(accepted)).contains(new Action.AwaitBodies(batch, true, 1));
        assertThat(broadcasts(handle(held(batch, false)))).isEmpty();
        assertThat(broadcasts(handle(held(batch, true)))).containsExactly(new Prepare(0, 0, 1, batch.digest()));
    }

    @Test
    void bodiesThatDoNotComeAreFetchedFromThoseWhoHaveThem() {
        Batch batch = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        receive(PRIMARY, proposal(1, batch));
        receive(THIRD, new Prepare(0, 0, 1, batch.digest()));
        Effects fired = handle(new OrderingEvent.TimerFired(NOW, new TimerKey.BodyWait(1)));
        assertThat(actions(fired)).contains(new Action.FetchBodies(batch.digest(), List.of(THIRD, PRIMARY)));
        assertThat(awaited(fired))
                .as("there may be room for them now")
                .containsExactly(new Action.AwaitBodies(batch, true, 1));
    }

    @Test
    void bodiesHeldForABatchThatWasReleasedSinceDoNotCountWhenItIsNamedAgain() {
        Batch batch = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        receive(PRIMARY, proposal(1, batch));
        OrderingEvent late = held(batch, true);
        assertThat(actions(handle(new OrderingEvent.Installed(NOW, certificate(4)))))
                .contains(new Action.ReleaseBatch(batch.digest()));
        receive(PRIMARY, proposal(5, batch));
        assertThat(broadcasts(handle(late))).isEmpty();
        assertThat(broadcasts(handle(held(batch, true)))).containsExactly(new Prepare(0, 0, 5, batch.digest()));
    }

    @Test
    void bodiesOfAnotherProposalForASlotDoNotEndTheWaitForThoseThatAreNeeded() {
        Batch proposed = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        Batch decided = Batches.of(2, List.of(new Digest(8, 8, 8, 8)));
        receive(PRIMARY, proposal(1, proposed));
        commit(1, decided);
        receive(THIRD, new OrderingMessage.FetchedBatch(decided));
        assertThat(actions(handle(held(proposed, true))))
                .doesNotContain(new Action.StopTimer(new TimerKey.BodyWait(1)));
        Effects held = handle(held(decided, false));
        assertThat(actions(held)).contains(new Action.StopTimer(new TimerKey.BodyWait(1)));
        assertThat(decided(held)).containsExactly(1L);
    }

    // ---- prepared and committed ----

    @Test
    void preparedNeedsQMinusOnePreparesOfDistinctMembersOtherThanThePrimary() {
        Digest digest = batch(1).digest();
        receive(PRIMARY, proposal(1, batch(1)));
        assertThat(broadcasts(receive(SELF, new Prepare(0, 0, 1, digest)))).isEmpty();
        assertThat(broadcasts(receive(SELF, new Prepare(0, 0, 1, digest))))
                .as("repeated")
                .isEmpty();
        assertThat(refused(receive(PRIMARY, new Prepare(0, 0, 1, digest))))
                .as("the primary's")
                .isNotEmpty();
        assertThat(broadcasts(receive(THIRD, new Prepare(0, 0, 1, batch(2).digest()))))
                .as("other digest")
                .isEmpty();
        assertThat(broadcasts(receive(FOURTH, new Prepare(0, 1, 1, digest))))
                .as("other view")
                .isEmpty();
        Effects prepared = receive(FOURTH, new Prepare(0, 0, 1, digest));
        assertThat(broadcasts(prepared)).containsExactly(new Commit(0, 0, 1, digest));
        assertThat(prepared.groups().getFirst().persist()).containsExactly(new LogRecord.Prepared(0, 1, digest));
    }

    @Test
    void anOwnVoteCountsOnlyWhenItComesBack() {
        Digest digest = batch(1).digest();
        receive(PRIMARY, proposal(1, batch(1)));
        assertThat(broadcasts(receive(THIRD, new Prepare(0, 0, 1, digest)))).isEmpty();
        assertThat(broadcasts(receive(SELF, new Prepare(0, 0, 1, digest)))).isNotEmpty();
    }

    @Test
    void committedNeedsQEqualCommitsOfDistinctMembers() {
        Digest digest = batch(1).digest();
        receive(PRIMARY, proposal(1, batch(1)));
        receive(PRIMARY, new Commit(0, 0, 1, digest));
        receive(PRIMARY, new Commit(0, 0, 1, digest));
        assertThat(decided(receive(THIRD, new Commit(0, 0, 1, batch(2).digest()))))
                .isEmpty();
        assertThat(decided(receive(SELF, new Commit(0, 0, 1, digest)))).isEmpty();
        assertThat(decided(receive(FOURTH, new Commit(0, 0, 1, digest)))).containsExactly(1L);
    }

    @Test
    void commitsOfAnotherViewDoNotCount() {
        Digest digest = batch(1).digest();
        receive(PRIMARY, proposal(1, batch(1)));
        receive(PRIMARY, new Commit(0, 0, 1, digest));
        receive(SELF, new Commit(0, 0, 1, digest));
        assertThat(decided(receive(THIRD, new Commit(0, 1, 1, digest)))).isEmpty();
        assertThat(decided(receive(THIRD, new Commit(0, 0, 1, digest)))).containsExactly(1L);
    }

    @Test
    void aVoteThatContradictsAnEarlierOneIsReportedAndNotCounted() {
        receive(PRIMARY, new Commit(0, 0, 1, batch(1).digest()));
        assertThat(refused(receive(PRIMARY, new Commit(0, 0, 1, batch(2).digest()))))
                .containsExactly(Misbehaviour.EQUIVOCATION);
    }

    @Test
    void fPlusOneEqualClaimsDecideAndOneDoesNot() {
        receive(PRIMARY, proposal(1, batch(1)));
        DecidedClaims claims = new DecidedClaims(0, 1, List.of(batch(1).digest()));
        assertThat(decided(receive(THIRD, claims))).isEmpty();
        assertThat(decided(receive(THIRD, claims))).isEmpty();
        assertThat(decided(receive(FOURTH, claims))).containsExactly(1L);
    }

    @Test
    void agreementIsOutOfOrderAndDecisionsAreInOrder() {
        receive(PRIMARY, proposal(1, batch(1)));
        receive(PRIMARY, proposal(2, batch(2)));
        assertThat(commit(2, batch(2))).isEmpty();
        assertThat(commit(1, batch(1))).containsExactly(1L, 2L);
    }

    // ---- pipeline ----

    @Test
    void onlyAnActivePrimaryProposesAndOnlyUpToItsPipelineDepth() {
        assertThat(pbft.readyForBatch()).as("a backup").isFalse();
        pbft = replica(PRIMARY, Start.GENESIS);
        assertThat(pbft.readyForBatch()).isTrue();
        Effects first = handle(new OrderingEvent.Propose(NOW, batch(1)));
        assertThat(first.groups().getFirst().persist()).containsExactly(new LogRecord.PrePrepared(0, 1, batch(1)));
        assertThat(broadcasts(first)).containsExactly(proposal(1, batch(1)));
        handle(new OrderingEvent.Propose(NOW, batch(2)));
        assertThat(pbft.readyForBatch()).as("two in flight").isFalse();
        assertThat(actions(handle(new OrderingEvent.Propose(NOW, batch(3)))))
                .contains(new Action.ReturnBatch(batch(3)));
    }

    @Test
    void aPrimaryThatLeavesItsViewGivesBackProposalsThatAreNotDurableYet() {
        pbft = replica(PRIMARY, Start.GENESIS);
        handle(new OrderingEvent.Propose(NOW, batch(1)));
        assertThat(actions(timedOut(0, Duration.ZERO))).contains(new Action.ReturnBatch(batch(1)));
    }

    @Test
    void bodiesHeldByDigestForADecidedSlotAreCheckedBeforeTheyCountForAnother() {
        Batch batch = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        commit(1, batch);
        assertThat(actions(receive(THIRD, new OrderingMessage.FetchedBatch(batch))))
                .contains(new Action.AwaitBodies(batch, false, 1));
        assertThat(decided(handle(held(batch, false)))).containsExactly(1L);
        Effects again = receive(PRIMARY, proposal(2, batch));
        assertThat(broadcasts(again)).isEmpty();
        assertThat(actions(again)).contains(new Action.AwaitBodies(batch, true, 1));
        assertThat(broadcasts(handle(held(batch, true)))).containsExactly(new Prepare(0, 0, 2, batch.digest()));
    }

    @Test
    void aLearnerDecidesAndNeverVotes() {
        pbft = replica(SELF, Start.LEARNER);
        assertThat(broadcasts(receive(PRIMARY, proposal(1, batch(1))))).isEmpty();
        receive(THIRD, new Prepare(0, 0, 1, batch(1).digest()));
        assertThat(broadcasts(receive(FOURTH, new Prepare(0, 0, 1, batch(1).digest()))))
                .isEmpty();
        receive(PRIMARY, new Commit(0, 0, 1, batch(1).digest()));
        receive(THIRD, new Commit(0, 0, 1, batch(1).digest()));
        assertThat(decided(receive(FOURTH, new Commit(0, 0, 1, batch(1).digest()))))
                .containsExactly(1L);
        assertThat(broadcasts(timedOut(0, Duration.ZERO))).isEmpty();
    }

    @Test
    void aLearnerBecomesAVoterTwoWindowsAboveTheHighestCertifiedCheckpointOfQMembers() {
        pbft = replica(SELF, Start.LEARNER);
        long window = CONFIG.window();
        receiveCertificate(4);
        List.of(PRIMARY, THIRD).forEach(member -> receive(member, status(4, false)));
        install(4 + 2 * window);
        assertThat(pbft.status().learner()).as("two answers are no quorum").isTrue();

        pbft = replica(SELF, Start.LEARNER);
        receiveCertificate(4);
        List.of(PRIMARY, THIRD, FOURTH).forEach(member -> receive(member, status(4, false)));
        assertThat(broadcasts(install(4 + 2 * window - 4))).isEmpty();
        assertThat(pbft.status().learner()).as("one checkpoint too low").isTrue();
        long stable = 4 + 2 * window;
        assertThat(broadcasts(receive(PRIMARY, proposal(stable + 1, batch(1))))).isEmpty();
        Effects ended = install(stable);
        assertThat(actions(ended)).contains(new Action.BecomeVoter(stable));
        assertThat(broadcasts(ended))
                .as("it may have promised to vote in this view no more, so it asks for the next")
                .hasAtLeastOneElementOfType(OrderingMessage.SignedViewChange.class)
                .noneMatch(Prepare.class::isInstance);
        assertThat(pbft.status().view()).isEqualTo(1);
        assertThat(broadcasts(receive(PRIMARY, proposal(stable + 2, batch(2))))).isEmpty();
    }

    @Test
    void whatOthersAskedForBeforeALearnerVotesIsFollowedWhenItDoes() {
        pbft = replica(SELF, Start.LEARNER);
        receiveCertificate(4);
        List.of(PRIMARY, THIRD, FOURTH).forEach(member -> receive(member, status(4, false)));
        viewChange(THIRD, 5);
        viewChange(FOURTH, 6);
        assertThat(pbft.status().view()).isZero();
        install(4 + 2L * CONFIG.window());
        assertThat(pbft.status().learner()).isFalse();
        assertThat(pbft.status().view()).isEqualTo(5);
    }

    @Test
    void anAnswerOfALearnerAndAHeightThatNobodyProvesDoNotEndAnApprenticeship() {
        pbft = replica(SELF, Start.LEARNER);
        receive(PRIMARY, status(0, false));
        receive(THIRD, status(1_000_000, false));
        receive(FOURTH, status(0, true));
        install(4 + 4L * CONFIG.window());
        assertThat(pbft.status().learner()).isTrue();
    }

    @Test
    void aLearnersOwnCheckpointCountsFromTheMomentItVotes() {
        pbft = replica(SELF, Start.LEARNER);
        List.of(PRIMARY, THIRD, FOURTH).forEach(member -> receive(member, status(0, false)));
        long stable = 2L * CONFIG.window();
        install(stable - 4);
        handle(new OrderingEvent.CheckpointTaken(NOW, stable + 4, Digest.ZERO, Digest.ZERO));
        assertThat(broadcasts(receiveCertificate(stable))).anyMatch(OrderingMessage.SignedCheckpoint.class::isInstance);
    }

    @Test
    void anIdlePrimaryProposesNullBatchesForALearnerAPipelineAtATime() {
        pbft = replica(PRIMARY, Start.GENESIS);
        assertThat(broadcasts(receive(THIRD, status(0, false)))).isEmpty();
        assertThat(broadcasts(receive(FOURTH, status(0, true))))
                .hasSize(CONFIG.pipelineDepth())
                .allMatch(message -> message instanceof PrePrepare proposal
                        && proposal.batch().equals(Batches.NULL));
        assertThat(broadcasts(receive(SELF, status(0, true))))
                .as("some are in flight")
                .isEmpty();
    }

    @Test
    void aPrimaryWithoutMemoryProposesTheWayToTheNextCheckpointAtOnce() {
        pbft = replica(PRIMARY, Start.GENESIS);
        handle(new OrderingEvent.Propose(NOW, batch(1)));
        assertThat(proposed(handle(new OrderingEvent.MemoryFull(NOW)))).containsExactly(2L, 3L, 4L);
        assertThat(proposed(handle(new OrderingEvent.MemoryFull(NOW))))
                .as("not beyond it before it can be stable")
                .isEmpty();
        receive(THIRD, new OrderingMessage.DecidedClaims(0, 1, List.of(batch(1).digest())));
        receive(FOURTH, new OrderingMessage.DecidedClaims(0, 1, List.of(batch(1).digest())));
        for (long sequence = 2; sequence <= 4; sequence++) {
            DecidedClaims claim = new DecidedClaims(0, sequence, List.of(Batches.NULL.digest()));
            receive(THIRD, claim);
            receive(FOURTH, claim);
        }
        assertThat(pbft.status().inFlight()).isZero();
        assertThat(proposed(handle(new OrderingEvent.MemoryFull(NOW))))
                .as("but when all is decided and it is not")
                .containsExactly(5L, 6L, 7L, 8L);
    }

    @Test
    void whenMemoryIsFullWhatWaitsBehindAGapUnderTheStableCheckpointIsForgottenAndTheStateNeeded() {
        Batch covered = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        Batch above = Batches.of(2, List.of(new Digest(8, 8, 8, 8)));
        receive(PRIMARY, proposal(2, covered));
        receive(PRIMARY, proposal(5, above));
        commit(2, covered);
        commit(5, above);
        receiveCertificate(4);
        assertThat(actions(handle(new OrderingEvent.MemoryFull(NOW))))
                .contains(new Action.ReleaseBatch(covered.digest()), new Action.NeedState(certificate(4)))
                .doesNotContain(new Action.ReleaseBatch(above.digest()));
    }

    @Test
    void whenMemoryIsFullAReplicaThatHasDecidedAllNeedsNoState() {
        assertThat(actions(handle(new OrderingEvent.MemoryFull(NOW)))).noneMatch(Action.NeedState.class::isInstance);
    }

    private static List<Long> proposed(Effects effects) {
        return broadcasts(effects).stream()
                .filter(PrePrepare.class::isInstance)
                .map(message -> ((PrePrepare) message).sequence())
                .toList();
    }

    @Test
    void aPrimaryThatSaysThatItIsALearnerIsLeft() {
        assertThat(broadcasts(receive(PRIMARY, status(0, true))))
                .anyMatch(OrderingMessage.SignedViewChange.class::isInstance);
    }

    /** Every second view may be a learner's, and on a slow network it is the other that needs the time. */
    @Test
    void aLearnerThatLeadsAfterFailedViewsIsLeftWhenTheDoubledTimeoutIsOver() {
        List<NewView.Reference> named = new ArrayList<>();
        for (ReplicaId sender : List.of(PRIMARY, THIRD, FOURTH)) {
            viewChange(sender, 2);
            named.add(new NewView.Reference(
                    sender, sign(sender, emptyViewChange(2)).signed().hash()));
        }
        handle(new OrderingEvent.NewViewReceived(NOW, THIRD, sign(THIRD, new NewView(0, 2, named, 0, List.of()))));
        assertThat(pbft.status().active()).isTrue();
        Duration respite = CONFIG.viewTimeout().multipliedBy(3);
        assertThat(askedForAView(learnerSpeaks(respite.minusNanos(1)))).isFalse();
        assertThat(askedForAView(learnerSpeaks(respite.plus(CONFIG.statusInterval()))))
                .isTrue();
    }

    private Effects learnerSpeaks(Duration after) {
        return handle(new OrderingEvent.Received(
                new Now(NOW.nanos() + after.toNanos(), NOW.wallMillis()), THIRD, status(0, true)));
    }

    // ---- view change ----

    @Test
    void aProposalThatAQuorumDoesNotGetDecidedForLongMakesTheReplicaLeaveItsView() {
        receive(PRIMARY, proposal(1, Batches.NULL));
        assertThat(askedForAView(after(Duration.ZERO))).isFalse();
        receive(THIRD, status(0, false));
        assertThat(askedForAView(after(LONG))).as("two may be cut off").isFalse();
        receive(FOURTH, status(0, true));
        assertThat(askedForAView(after(LONG.minusNanos(1)))).as("too early").isFalse();
        assertThat(askedForAView(after(LONG))).isTrue();
    }

    @Test
    void aReplicaThatOthersHaveLeftBehindStaysInItsView() {
        receive(PRIMARY, proposal(1, Batches.NULL));
        after(Duration.ZERO);
        receive(THIRD, status(0, false));
        receive(FOURTH, status(4, false));
        assertThat(askedForAView(after(LONG))).isFalse();
    }

    private static final Duration LONG = CONFIG.viewTimeout().multipliedBy(Standstill.TIMEOUTS);

    /** What the regular look around does some time after the beginning. */
    private Effects after(Duration time) {
        return handle(new OrderingEvent.TimerFired(
                new Now(NOW.nanos() + time.toNanos(), NOW.wallMillis()), new TimerKey.StatusTimer()));
    }

    private static boolean askedForAView(Effects effects) {
        return broadcasts(effects).stream().anyMatch(OrderingMessage.SignedViewChange.class::isInstance);
    }

    @Test
    void aTimedOutRequestMakesTheReplicaLeaveItsViewDurablyAndVoteNoMoreInIt() {
        Effects left = timedOut(0, Duration.ZERO);
        assertThat(left.groups())
                .anySatisfy(group -> assertThat(group.persist()).anyMatch(LogRecord.ViewChanging.class::isInstance));
        assertThat(broadcasts(left)).hasSize(1).allMatch(OrderingMessage.SignedViewChange.class::isInstance);
        assertThat(actions(left)).contains(new Action.LeaveView(1, ViewChangeCause.PRIMARY_TIMED_OUT));
        assertThat(broadcasts(receive(PRIMARY, proposal(1, batch(1))))).isEmpty();
        receive(PRIMARY, new Commit(0, 0, 1, batch(1).digest()));
        receive(THIRD, new Commit(0, 0, 1, batch(1).digest()));
        receive(FOURTH, new Commit(0, 0, 1, batch(1).digest()));
        receive(THIRD, new OrderingMessage.FetchedBatch(batch(1)));
        assertThat(pbft.status().decided()).as("decisions are still accepted").isEqualTo(1);
    }

    @Test
    void aRequestThatTimedOutInAnEarlierViewChangesNothing() {
        timedOut(0, Duration.ZERO);
        assertThat(broadcasts(timedOut(0, Duration.ZERO))).isEmpty();
    }

    @Test
    void fPlusOneOthersMakeTheReplicaAskForTheSmallestOfTheirViews() {
        assertThat(broadcasts(viewChange(THIRD, 5))).isEmpty();
        Effects effects = viewChange(FOURTH, 3);
        assertThat(actions(effects)).contains(new Action.LeaveView(3, ViewChangeCause.OTHERS_ASKED));
        List<OrderingMessage> joined = broadcasts(effects);
        assertThat(joined).hasSize(1);
        assertThat(((OrderingMessage.SignedViewChange) joined.getFirst())
                        .signed()
                        .content()
                        .newView())
                .isEqualTo(3);
    }

    @Test
    void theViewTimerStartsWhenQAskForTheViewOrAHigherOneAndDoubles() {
        timedOut(0, Duration.ZERO);
        assertThat(timer(viewChange(SELF, 1), 1)).isEmpty();
        assertThat(timer(viewChange(THIRD, 1), 1)).isEmpty();
        Duration first = timer(viewChange(FOURTH, 4), 1).orElseThrow();
        assertThat(first).isEqualTo(CONFIG.viewTimeout().multipliedBy(2));
        Effects next = handle(new OrderingEvent.TimerFired(NOW, new TimerKey.ViewTimer(1)));
        assertThat(broadcasts(next)).hasSize(1);
        assertThat(actions(next)).contains(new Action.LeaveView(2, ViewChangeCause.NEW_VIEW_TIMED_OUT));
        viewChange(SELF, 2);
        Duration second = timer(viewChange(THIRD, 2), 2).orElseThrow();
        assertThat(second).isEqualTo(first.multipliedBy(2));
    }

    @Test
    void theViewTimerDoublesUpToItsCapAndNoFurther() {
        timedOut(0, Duration.ZERO);
        Duration last = Duration.ZERO;
        for (int view = 1; view <= 12; view++) {
            viewChange(SELF, view);
            viewChange(THIRD, view);
            Duration delay = timer(viewChange(FOURTH, view), view).orElseThrow();
            assertThat(delay).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(CONFIG.viewTimeoutCap());
            last = delay;
            handle(new OrderingEvent.TimerFired(NOW, new TimerKey.ViewTimer(view)));
        }
        assertThat(last).isEqualTo(CONFIG.viewTimeoutCap());
    }

    @Test
    void decisionsInTheNewViewShortenItsPatienceStepByStep() {
        leadViewOne();

        assertThat(broadcasts(timedOut(1, CONFIG.viewTimeout().minusNanos(1))))
                .as("after a failed view the next one gets longer")
                .isEmpty();

        receive(THIRD, new Commit(0, 1, 1, batch(1).digest()));
        receive(FOURTH, new Commit(0, 1, 1, batch(1).digest()));
        handle(new OrderingEvent.Propose(NOW, batch(1)));
        receive(SELF, new PrePrepare(0, 1, 1, batch(1)));
        Effects progress = receive(SELF, new Commit(0, 1, 1, batch(1).digest()));
        assertThat(decided(progress)).containsExactly(1L);
        assertThat(broadcasts(timedOut(1, Duration.ZERO)))
                .as("one decision earns no hurry")
                .isEmpty();

        for (long sequence = 2; sequence <= 16; sequence++) {
            DecidedClaims claim = new DecidedClaims(0, sequence, List.of(batch(1).digest()));
            receive(THIRD, claim);
            receive(FOURTH, claim);
        }
        assertThat(broadcasts(timedOut(1, Duration.ZERO)))
                .as("sixteen decisions take one doubling back")
                .hasSize(1);
    }

    @Test
    void servingOthersEarnsAPrimaryNoTimeForTheRequestThatItPassesOver() {
        leadViewOne();
        DecidedClaims claim = new DecidedClaims(0, 1, List.of(batch(1).digest()));
        receive(THIRD, claim);
        receive(FOURTH, claim);
        receive(THIRD, new OrderingMessage.FetchedBatch(batch(1)));
        handle(new OrderingEvent.BodiesHeld(NOW, batch(1).digest(), false, 0));
        assertThat(pbft.status().decided()).isEqualTo(1);
        assertThat(timedOut(1, CONFIG.viewTimeout()).groups())
                .as("the timeout was doubled once")
                .anySatisfy(group -> assertThat(group.actions())
                        .contains(new Action.LeaveView(2, ViewChangeCause.PRIMARY_TIMED_OUT)));
    }

    @Test
    void nullBatchesEarnAViewNothing() {
        leadViewOne();
        for (long sequence = 1; sequence <= 16; sequence++) {
            DecidedClaims claim = new DecidedClaims(0, sequence, List.of(Batches.NULL.digest()));
            receive(THIRD, claim);
            receive(FOURTH, claim);
            receive(THIRD, new OrderingMessage.FetchedBatch(Batches.NULL));
        }
        assertThat(pbft.status().decided()).isEqualTo(16);
        timedOut(1, CONFIG.viewTimeout());
        viewChange(SELF, 2);
        viewChange(THIRD, 2);
        assertThat(timer(viewChange(FOURTH, 2), 2))
                .as("no doubling was taken back")
                .contains(CONFIG.viewTimeout().multipliedBy(4));
    }

    @Test
    void whoIsBehindACheckpointDoesNotJudgeThePrimary() {
        receiveCertificate(4);
        assertThat(broadcasts(timedOut(0, Duration.ZERO))).isEmpty();
        assertThat(pbft.status().active()).isTrue();
        handle(new OrderingEvent.Installed(NOW, certificate(4)));
        assertThat(broadcasts(timedOut(0, Duration.ZERO)))
                .hasOnlyElementsOfType(OrderingMessage.SignedViewChange.class)
                .hasSize(1);
    }

    private Effects timedOut(long view, Duration overdue) {
        return handle(new OrderingEvent.RequestTimedOut(NOW, view, overdue));
    }

    private void leadViewOne() {
        timedOut(0, Duration.ZERO);
        viewChange(SELF, 1);
        viewChange(THIRD, 1);
        assertThat(broadcasts(viewChange(FOURTH, 1))).hasOnlyElementsOfType(OrderingMessage.SignedNewView.class);
        assertThat(pbft.status().active()).isTrue();
    }

    @Test
    void aNewPrimaryOwnsUpToWhatItFixesBeforeItsNewViewLeaves() {
        Digest first = batch(1).digest();
        receive(PRIMARY, proposal(1, batch(1)));
        receive(SELF, new Prepare(0, 0, 1, first));
        receive(THIRD, new Prepare(0, 0, 1, first));
        viewChange(SELF, own(timedOut(0, Duration.ZERO)));
        viewChange(THIRD, 1);
        ViewChange witness =
                new ViewChange(0, 1, 0, Optional.empty(), List.of(), List.of(new ViewChange.PrePrepared(1, first, 0)));
        Effects issued = viewChange(FOURTH, witness);
        assertThat(recordsBeforeTheNewView(issued)).contains(new LogRecord.PrePrepared(1, 1, batch(1)));
        Effects left = timedOut(1, CONFIG.viewTimeout());
        assertThat(own(left).prePrepared())
                .as("though it never came back")
                .containsExactly(new ViewChange.PrePrepared(1, first, 1));
    }

    /** Only a stable checkpoint makes Q shorter, and nobody may ask for anything for hours. */
    @Test
    void aNewPrimaryWhoSeesALongQProposesTheWayToTheNextCheckpoint() {
        assertThat(proposedByPrimaryOfViewFive(CONFIG.window())).isEmpty();
        pbft = replica(SELF, Start.GENESIS);
        assertThat(proposedByPrimaryOfViewFive(CONFIG.window() + 1)).containsExactly(1L, 2L, 3L, 4L);
    }

    private List<Long> proposedByPrimaryOfViewFive(long entries) {
        List<ViewChange.PrePrepared> prePrepared = new ArrayList<>();
        for (int entry = 0; entry < entries; entry++) {
            prePrepared.add(new ViewChange.PrePrepared(1 + entry / 2, new Digest(entry, 1, 1, 1), 0));
        }
        viewChange(THIRD, new ViewChange(0, 5, 0, Optional.empty(), List.of(), prePrepared));
        Effects opened = viewChange(SELF, own(viewChange(FOURTH, 5)));
        assertThat(pbft.status().active()).isTrue();
        return proposed(opened);
    }

    private static List<LogRecord> recordsBeforeTheNewView(Effects effects) {
        List<LogRecord> before = new ArrayList<>();
        for (Effects.Group group : effects.groups()) {
            before.addAll(group.persist());
            if (group.actions().stream()
                    .anyMatch(action -> action instanceof Action.Broadcast(OrderingMessage said)
                            && said instanceof OrderingMessage.SignedNewView)) {
                return before;
            }
        }
        throw new AssertionError("no NEW-VIEW in " + effects);
    }

    private static ViewChange own(Effects effects) {
        return broadcasts(effects).stream()
                .filter(OrderingMessage.SignedViewChange.class::isInstance)
                .map(message ->
                        ((OrderingMessage.SignedViewChange) message).signed().content())
                .findFirst()
                .orElseThrow();
    }

    /** Two members vouch for it, one of them is correct and has checked it. */
    @Test
    void whatANewViewFixesCountsByDigestAlone() {
        Batch batch = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        receive(PRIMARY, proposal(1, batch));
        viewChange(SELF, own(timedOut(0, Duration.ZERO)));
        ViewChange prepared = new ViewChange(
                0,
                1,
                0,
                Optional.empty(),
                List.of(new ViewChange.Prepared(1, batch.digest(), 0)),
                List.of(new ViewChange.PrePrepared(1, batch.digest(), 0)));
        viewChange(THIRD, prepared);
        Effects waiting = viewChange(FOURTH, prepared);
        assertThat(broadcasts(waiting)).as("its bodies are not here").isEmpty();
        assertThat(actions(waiting))
                .as("they need not be good for a vote on a mere proposal")
                .contains(new Action.AwaitBodies(batch, false, 1));
        assertThat(recordsBeforeTheNewView(handle(held(batch, false))))
                .contains(new LogRecord.PrePrepared(1, 1, batch));
    }

    @Test
    void whatANewViewFixesIsAwaitedByDigestAloneThoughAMereProposalNamedItFirst() {
        Batch batch = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        assertThat(actions(receive(PRIMARY, proposal(1, batch)))).contains(new Action.AwaitBodies(batch, true, 1));
        timedOut(0, Duration.ZERO);
        ViewChange asked = prepared(2, List.of(batch));
        List<NewView.Reference> named = new ArrayList<>();
        for (ReplicaId sender : List.of(PRIMARY, THIRD, FOURTH)) {
            viewChange(sender, asked);
            named.add(new NewView.Reference(sender, sign(sender, asked).signed().hash()));
        }
        NewView newView = new NewView(0, 2, named, 0, List.of(batch.digest()));
        Effects entered = handle(new OrderingEvent.NewViewReceived(NOW, THIRD, sign(THIRD, newView)));
        assertThat(pbft.status().active()).isTrue();
        assertThat(awaited(entered)).containsExactly(new Action.AwaitBodies(batch, false, 1));
        assertThat(broadcasts(handle(held(batch, false)))).containsExactly(new Prepare(0, 2, 1, batch.digest()));
    }

    private static List<Action> awaited(Effects effects) {
        return actions(effects).stream()
                .filter(Action.AwaitBodies.class::isInstance)
                .toList();
    }

    @Test
    void whatIsNotVotedForIsForgottenWithItsView() {
        Batch never = Batches.of(1, List.of(new Digest(7, 7, 7, 7)));
        receive(PRIMARY, proposal(1, never));
        timedOut(0, Duration.ZERO);
        viewChange(SELF, 1);
        viewChange(THIRD, 1);
        assertThat(actions(viewChange(FOURTH, 1))).contains(new Action.ReleaseBatch(never.digest()));
    }

    @Test
    void viewChangesAreKeptForTheNewestNewViewOfAPrimaryOnly() {
        timedOut(0, Duration.ZERO);
        for (long view = 2; view <= 22; view += 4) {
            for (ReplicaId other : List.of(PRIMARY, FOURTH)) {
                Verified<ViewChange> asked = sign(other, emptyViewChange(view));
                NewView.Reference absent = new NewView.Reference(SELF, new Digest(view, 0, 0, 0));
                NewView content = new NewView(
                        0,
                        view,
                        List.of(
                                new NewView.Reference(
                                        PRIMARY,
                                        sign(PRIMARY, emptyViewChange(view))
                                                .signed()
                                                .hash()),
                                new NewView.Reference(
                                        FOURTH,
                                        sign(FOURTH, emptyViewChange(view))
                                                .signed()
                                                .hash()),
                                absent),
                        0,
                        List.of());
                handle(new OrderingEvent.NewViewReceived(NOW, THIRD, sign(THIRD, content)));
                handle(new OrderingEvent.ViewChangeReceived(NOW, other, asked));
            }
        }
        List<Long> kept = new ArrayList<>();
        for (long view = 2; view <= 22; view += 4) {
            NewView.Reference named = new NewView.Reference(
                    PRIMARY, sign(PRIMARY, emptyViewChange(view)).signed().hash());
            if (sent(receive(FOURTH, new OrderingMessage.FetchViewChanges(view, List.of(named)))) > 0) {
                kept.add(view);
            }
        }
        assertThat(kept).containsExactly(22L);
    }

    @Test
    void aViewChangeTellsWhatWasPreparedAndPrePrepared() {
        Digest digest = batch(1).digest();
        receive(PRIMARY, proposal(1, batch(1)));
        receive(SELF, new Prepare(0, 0, 1, digest));
        receive(THIRD, new Prepare(0, 0, 1, digest));
        receive(PRIMARY, proposal(2, batch(2)));
        List<OrderingMessage> asked = broadcasts(timedOut(0, Duration.ZERO));
        ViewChange content =
                ((OrderingMessage.SignedViewChange) asked.getFirst()).signed().content();
        assertThat(content.prepared()).containsExactly(new ViewChange.Prepared(1, digest, 0));
        assertThat(content.prePrepared())
                .containsExactly(
                        new ViewChange.PrePrepared(1, digest, 0), new ViewChange.PrePrepared(2, batch(2).digest(), 0));
    }

    @Test
    void replicasThatAskAlikeHaveViewChangesOfDifferentNames() {
        Verified<ViewChange> one = sign(THIRD, emptyViewChange(1));
        Verified<ViewChange> other = sign(FOURTH, emptyViewChange(1));
        assertThat(one.signed().hash()).isNotEqualTo(other.signed().hash());
    }

    @Test
    void aBogusNewViewOfOneReplicaMovesNobody() {
        Verified<NewView> bogus = sign(THIRD, new NewView(0, 2, List.of(), 0, List.of()));
        Effects effects = handle(new OrderingEvent.NewViewReceived(NOW, THIRD, bogus));
        assertThat(refused(effects)).containsExactly(Misbehaviour.INVALID_NEW_VIEW);
        assertThat(broadcasts(effects)).isEmpty();
        assertThat(pbft.status().active()).isTrue();
    }

    @Test
    void aBogusNewViewOfThePrimaryThatIsWaitedForMakesTheReplicaAskForTheNext() {
        timedOut(0, Duration.ZERO);
        viewChange(THIRD, 2);
        viewChange(FOURTH, 2);
        Verified<NewView> bogus = sign(THIRD, new NewView(0, 2, List.of(), 0, List.of()));
        Effects effects = handle(new OrderingEvent.NewViewReceived(NOW, THIRD, bogus));
        assertThat(refused(effects)).containsExactly(Misbehaviour.INVALID_NEW_VIEW);
        assertThat(pbft.status().view())
                .as(
                        "no quorum has asked for view 2: no member that forgets what it asked for could tell that it may have been view 3")
                .isEqualTo(2);
        viewChange(PRIMARY, 2);
        assertThat(actions(handle(new OrderingEvent.NewViewReceived(NOW, THIRD, bogus))))
                .contains(new Action.LeaveView(3, ViewChangeCause.INVALID_NEW_VIEW));
        assertThat(pbft.status().view()).isEqualTo(3);
    }

    @Test
    void allGoToTheNextViewWithAMemberThatHasBeenALearner() {
        receive(THIRD, status(0, true));
        receive(FOURTH, status(0, false));
        viewChange(FOURTH, 1);
        assertThat(pbft.status().view()).as("no learner").isZero();
        Effects followed = viewChange(THIRD, 7);
        assertThat(actions(followed)).contains(new Action.LeaveView(1, ViewChangeCause.FORMER_LEARNER));
        assertThat(actions(followed).stream()
                        .filter(action -> action instanceof Action.Send send
                                && send.message() instanceof OrderingMessage.SignedViewChange passedOn
                                && passedOn.signed().signer().equals(THIRD)))
                .as("or it could ask some only, and they would miss in the view")
                .hasSize(3);
        assertThat(pbft.status().view()).as("the next and no other").isEqualTo(1);
        assertThat(pbft.status().active()).isFalse();
    }

    @Test
    void aViewThatIsLeftForAFormerLearnersSakeHasNotFailed() {
        receive(THIRD, status(0, true));
        viewChange(SELF, own(viewChange(THIRD, 1)));
        assertThat(timer(viewChange(FOURTH, 1), 1)).contains(CONFIG.viewTimeout());
    }

    @Test
    void oneThatIsALearnerAgainAndAgainIsFollowedMoreAndMoreRarely() {
        receive(THIRD, status(0, true));
        viewChange(THIRD, 1);
        assertThat(pbft.status().view()).isEqualTo(1);
        leadViewOne();
        assertThat(pbft.status().active()).isTrue();
        receive(THIRD, status(0, true));
        Verified<ViewChange> again = sign(THIRD, emptyViewChange(9));
        Now soon = new Now(NOW.nanos() + Duration.ofSeconds(59).toNanos(), NOW.wallMillis());
        handle(new OrderingEvent.ViewChangeReceived(soon, THIRD, again));
        assertThat(pbft.status().view()).isEqualTo(1);
        Now later = new Now(NOW.nanos() + Duration.ofSeconds(60).toNanos(), NOW.wallMillis());
        handle(new OrderingEvent.ViewChangeReceived(later, THIRD, again));
        assertThat(pbft.status().view()).isEqualTo(2);
    }

    @Test
    void nothingIsVotedThatContradictsADecision() {
        receive(PRIMARY, new Commit(0, 0, 1, batch(2).digest()));
        receive(THIRD, new Commit(0, 0, 1, batch(2).digest()));
        receive(FOURTH, new Commit(0, 0, 1, batch(2).digest()));
        assertThat(broadcasts(receive(PRIMARY, proposal(1, batch(1))))).isEmpty();
        assertThat(broadcasts(receive(PRIMARY, proposal(2, batch(3))))).hasSize(1);
    }

    /** Its own timer is slow while nothing seems to be outstanding, and the proposal that would have told it otherwise is lost. */
    @Test
    void whoHearsOfAProposalOrADecisionThatItLacksAsksForItAtOnce() {
        OrderingMessage.OpenSlot proposed =
                new OrderingMessage.OpenSlot(1, Optional.of(batch(1).digest()), true, List.of(), List.of());
        OrderingMessage.Status open =
                new OrderingMessage.Status(0, 0, true, List.of(), false, 0, 0, Digest.ZERO, false, List.of(proposed));
        assertThat(statusesSentTo(PRIMARY, hear(PRIMARY, open, 1))).isZero(); // it may be on its way
        assertThat(statusesSentTo(PRIMARY, hear(PRIMARY, open, 2))).isEqualTo(1);
        receive(PRIMARY, proposal(1, batch(1)));
        assertThat(statusesSentTo(PRIMARY, hear(PRIMARY, open, 3))).isZero();
        OrderingMessage.Status ahead =
                new OrderingMessage.Status(0, 0, true, List.of(), false, 0, 1, Digest.ZERO, false, List.of());
        assertThat(statusesSentTo(THIRD, hear(THIRD, ahead, 4))).isEqualTo(1);
    }

    /** Where few have decided, others need all COMMITs: who has decided without PREPAREs enough for its own must still be able to get them. */
    @Test
    void whoHasDecidedBeforeItPreparedSaysWhatItLacksToThoseWhoWait() {
        Digest digest = batch(1).digest();
        prepareFirst(SELF);
        for (ReplicaId voter : List.of(PRIMARY, THIRD, FOURTH)) {
            receive(voter, new Commit(0, 0, 1, digest));
        }
        OrderingMessage.OpenSlot owed = new OrderingMessage.OpenSlot(
                1, Optional.of(digest), true, List.of(SELF), List.of(PRIMARY, THIRD, FOURTH));
        assertThat(slotsAnnounced(hear(THIRD, status(1, owed), 1)))
                .as("it waits for nothing")
                .isEmpty();
        assertThat(slotsAnnounced(hear(THIRD, status(0, owed), 2))).containsExactly(owed);
        assertThat(broadcasts(receive(THIRD, new Prepare(0, 0, 1, digest)))).contains(new Commit(0, 0, 1, digest));
        assertThat(slotsAnnounced(hear(THIRD, status(0, owed), 4))).isEmpty();
    }

    /** As after a restart, or when a proposal was lost and the COMMITs were not. */
    @Test
    void whoHasDecidedWithoutTheProposalAsksForItWhenItsCommitIsNeeded() {
        Digest digest = batch(1).digest();
        DecidedClaims claims = new DecidedClaims(0, 1, List.of(digest));
        receive(PRIMARY, claims);
        receive(THIRD, claims);
        assertThat(decided(receive(PRIMARY, new OrderingMessage.FetchedBatch(batch(1)))))
                .containsExactly(1L);
        OrderingMessage.OpenSlot open =
                new OrderingMessage.OpenSlot(1, Optional.of(digest), true, List.of(THIRD), List.of());
        assertThat(slotsAnnounced(hear(FOURTH, status(0, open), 1)))
                .containsExactly(new OrderingMessage.OpenSlot(1, Optional.empty(), false, List.of(), List.of()));
        assertThat(broadcasts(receive(PRIMARY, proposal(1, batch(1))))).contains(new Prepare(0, 0, 1, digest));
    }

    @Test
    void ownVotesAreSentAgainToWhomTheyDidNotReachWhenTheSlotIsDecidedToo() {
        Digest digest = batch(1).digest();
        prepareFirst(SELF, THIRD);
        assertThat(commit(1, batch(1))).containsExactly(1L);
        OrderingMessage.OpenSlot open =
                new OrderingMessage.OpenSlot(1, Optional.of(digest), true, List.of(), List.of());
        for (long decided = 0; decided <= 1; decided++) {
            assertThat(votesSentTo(THIRD, hear(THIRD, status(decided, open), 1 + (int) decided)))
                    .containsExactly(new Prepare(0, 0, 1, digest), new Commit(0, 0, 1, digest));
        }
    }

    @Test
    void anOwnCommitThatComesBackAfterTheDecisionIsSentAgainTooToWhomItDidNotReach() {
        Digest digest = batch(1).digest();
        prepareFirst(SELF, THIRD);
        for (ReplicaId voter : List.of(PRIMARY, THIRD, FOURTH, SELF)) {
            receive(voter, new Commit(0, 0, 1, digest));
        }
        OrderingMessage.OpenSlot open =
                new OrderingMessage.OpenSlot(1, Optional.of(digest), true, List.of(SELF), List.of());
        assertThat(votesSentTo(THIRD, hear(THIRD, status(0, open), 1))).containsExactly(new Commit(0, 0, 1, digest));
    }

    private void prepareFirst(ReplicaId... voters) {
        receive(PRIMARY, proposal(1, batch(1)));
        for (ReplicaId voter : voters) {
            receive(voter, new Prepare(0, 0, 1, batch(1).digest()));
        }
    }

    private static OrderingMessage.Status status(long decided, OrderingMessage.OpenSlot slot) {
        return new OrderingMessage.Status(0, 0, true, List.of(), false, 0, decided, Digest.ZERO, false, List.of(slot));
    }

    private static List<OrderingMessage.OpenSlot> slotsAnnounced(Effects effects) {
        return actions(effects).stream()
                .filter(action ->
                        action instanceof Action.Broadcast said && said.message() instanceof OrderingMessage.Status)
                .flatMap(action -> ((OrderingMessage.Status) ((Action.Broadcast) action).message()).slots().stream())
                .toList();
    }

    private static List<OrderingMessage> votesSentTo(ReplicaId peer, Effects effects) {
        return actions(effects).stream()
                .filter(action ->
                        action instanceof Action.Send send && send.to().equals(peer))
                .map(action -> ((Action.Send) action).message())
                .filter(message -> message instanceof Prepare || message instanceof Commit)
                .toList();
    }

    /** After so many status intervals. */
    private Effects hear(ReplicaId from, OrderingMessage.Status status, int intervals) {
        long nanos = NOW.nanos() + CONFIG.statusInterval().toNanos() * intervals;
        return handle(new OrderingEvent.Received(new Now(nanos, NOW.wallMillis()), from, status));
    }

    private static long statusesSentTo(ReplicaId peer, Effects effects) {
        return actions(effects).stream()
                .filter(action -> action instanceof Action.Send send
                        && send.to().equals(peer)
                        && send.message() instanceof OrderingMessage.Status)
                .count();
    }

    @Test
    void aWindowThatNoViewChangeCanTellOfIsRefused() {
        assertThat(CONFIG.withCheckpointPeriod(PbftConfig.LONGEST_PERIOD).window())
                .isLessThanOrEqualTo(65_536 / 8);
        assertThatThrownBy(() -> CONFIG.withCheckpointPeriod(PbftConfig.LONGEST_PERIOD + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4096 or less");
    }

    /** Far behind, only a state helps: what is claimed of the gap would take up memory for nothing. */
    @Test
    void decisionsBetweenWhatIsDecidedAndTheWindowAreNotLearned() {
        long stable = 100L * CONFIG.window();
        receiveCertificate(stable);
        long first = stable / 2;
        List.of(PRIMARY, THIRD, FOURTH)
                .forEach(member ->
                        receive(member, new DecidedClaims(0, first, List.of(batch(1).digest(), batch(2).digest()))));
        assertThat(pbft.status().slots()).isEmpty();
        List.of(PRIMARY, THIRD).forEach(member -> receive(member, new DecidedClaims(0, 2, List.of(batch(1).digest()))));
        assertThat(pbft.status().slots()).hasSize(1);
    }

    /** Each answer to a fetch brings VIEW-CHANGEs: if they were reasons to fetch the rest, messages would breed. */
    @Test
    void whatANewViewStillMissesIsAskedForByTheTimerAndNotAtEachViewChangeThatComes() {
        List<NewView.Reference> named = List.of(PRIMARY, THIRD, FOURTH).stream()
                .map(sender -> new NewView.Reference(
                        sender, sign(sender, emptyViewChange(2)).signed().hash()))
                .toList();
        Verified<NewView> newView = sign(THIRD, new NewView(0, 2, named, 0, List.of()));
        assertThat(fetches(handle(new OrderingEvent.NewViewReceived(NOW, THIRD, newView))))
                .hasSize(4)
                .allSatisfy(fetch -> assertThat(fetch.references()).isEqualTo(named));
        assertThat(fetches(viewChange(FOURTH, 2))).isEmpty();
        assertThat(fetches(handle(new OrderingEvent.NewViewReceived(NOW, THIRD, newView))))
                .as("the same once more")
                .isEmpty();
        assertThat(fetches(handle(new OrderingEvent.TimerFired(NOW, new TimerKey.FetchRetry()))))
                .hasSize(3)
                .allSatisfy(fetch -> assertThat(fetch.references()).isEqualTo(named.subList(0, 2)));
        viewChange(PRIMARY, 2);
        viewChange(THIRD, 2);
        assertThat(pbft.status().active()).isTrue();
        assertThat(pbft.status().view()).isEqualTo(2);
    }

    @Test
    void whatANewPrimaryLacksIsAskedForByTheTimerAndNotAtEachBatchThatComes() {
        List<Batch> lacking = List.of(batch(1), batch(2), batch(3));
        timedOut(0, Duration.ZERO);
        viewChange(PRIMARY, 1);
        viewChange(THIRD, prepared(lacking));
        assertThat(batchesAsked(viewChange(FOURTH, prepared(lacking))))
                .as("of each who has it")
                .containsAll(digests(lacking));
        assertThat(batchesAsked(receive(THIRD, new OrderingMessage.FetchedBatch(lacking.getFirst()))))
                .isEmpty();
        assertThat(batchesAsked(handle(new OrderingEvent.TimerFired(NOW, new TimerKey.FetchRetry()))))
                .hasSameElementsAs(digests(lacking.subList(1, 3)));
        assertThat(actions(receive(THIRD, new OrderingMessage.FetchedBatch(lacking.getLast()))))
                .as("the timer runs, and whoever sends batches does not put it off")
                .noneMatch(action ->
                        action instanceof Action.StartTimer start && start.timer() instanceof TimerKey.FetchRetry);
    }

    private static ViewChange prepared(List<Batch> batches) {
        return prepared(1, batches);
    }

    private static ViewChange prepared(long newView, List<Batch> batches) {
        List<ViewChange.Prepared> prepared = new ArrayList<>();
        List<ViewChange.PrePrepared> prePrepared = new ArrayList<>();
        for (Batch batch : batches) {
            prepared.add(new ViewChange.Prepared(prepared.size() + 1, batch.digest(), 0));
            prePrepared.add(new ViewChange.PrePrepared(prepared.size(), batch.digest(), 0));
        }
        return new ViewChange(0, newView, 0, Optional.empty(), prepared, prePrepared);
    }

    private static List<Digest> digests(List<Batch> batches) {
        return batches.stream().map(Batch::digest).toList();
    }

    private static List<Digest> batchesAsked(Effects effects) {
        return actions(effects).stream()
                .filter(Action.Send.class::isInstance)
                .map(action -> ((Action.Send) action).message())
                .filter(OrderingMessage.FetchBatches.class::isInstance)
                .flatMap(message -> ((OrderingMessage.FetchBatches) message).digests().stream())
                .toList();
    }

    @Test
    void viewChangesOfOneReplicaMoveNobody() {
        for (int view = 1; view < 50; view++) {
            assertThat(broadcasts(viewChange(FOURTH, view))).isEmpty();
        }
        assertThat(pbft.status().view()).isZero();
    }

    @Test
    void anInvalidViewChangeIsDroppedAndMasksNoValidOne() {
        ViewChange invalid = new ViewChange(
                0, 9, 0, Optional.empty(), List.of(new ViewChange.Prepared(1, batch(1).digest(), 9)), List.of());
        assertThat(refused(handle(new OrderingEvent.ViewChangeReceived(NOW, THIRD, sign(THIRD, invalid)))))
                .containsExactly(Misbehaviour.INVALID_VIEW_CHANGE);
        viewChange(THIRD, 1);
        assertThat(broadcasts(viewChange(FOURTH, 1))).hasSize(1);
    }

    // ---- checkpoints ----

    @Test
    void aCheckpointIsStableWithQEqualSignaturesAndNotWithFPlusOne() {
        assertThat(stable(checkpoint(PRIMARY, 4, 1))).isEmpty();
        assertThat(stable(checkpoint(PRIMARY, 4, 1))).as("repeated").isEmpty();
        assertThat(stable(checkpoint(THIRD, 4, 1))).as("f + 1").isEmpty();
        Effects third = checkpoint(FOURTH, 4, 1);
        assertThat(stable(third)).containsExactly(4L);
        assertThat(third.groups()).anySatisfy(group -> {
            assertThat(group.persist()).anyMatch(LogRecord.Stable.class::isInstance);
            assertThat(group.actions()).anyMatch(Action.CheckpointStable.class::isInstance);
        });
        assertThat(broadcasts(receive(PRIMARY, proposal(4, batch(1)))))
                .as("at the low watermark")
                .isEmpty();
        assertThat(broadcasts(receive(PRIMARY, proposal(4 + CONFIG.window(), batch(1)))))
                .isNotEmpty();
    }

    @Test
    void aProposalAboveTheWindowIsKeptUntilTheWindowReachesIt() {
        long above = CONFIG.window() + 1;
        receive(PRIMARY, proposal(above, batch(1)));
        checkpoint(PRIMARY, 4, 1);
        checkpoint(THIRD, 4, 1);
        assertThat(broadcasts(checkpoint(FOURTH, 4, 1))).containsExactly(new Prepare(0, 0, above, batch(1).digest()));
    }

    @Test
    void whatOneSenderSaysAboveTheWindowIsBoundedAndTakesNoOtherSendersPlace() {
        long above = CONFIG.window() + 1;
        for (int flood = 0; flood < CONFIG.futureMessages(); flood++) {
            receive(PRIMARY, proposal(1000 + flood, batch(1)));
        }
        receive(PRIMARY, proposal(above, batch(1)));
        receive(THIRD, new Prepare(0, 0, above, batch(1).digest()));
        checkpoint(PRIMARY, 4, 1);
        checkpoint(THIRD, 4, 1);
        assertThat(broadcasts(checkpoint(FOURTH, 4, 1))).isEmpty();
        assertThat(pbft.status().slots())
                .singleElement()
                .satisfies(slot -> assertThat(slot.prepares()).containsExactly(THIRD));
    }

    @Test
    void aCheckpointThatIsNoMultipleOfThePeriodIsIgnored() {
        checkpoint(PRIMARY, 3, 1);
        checkpoint(THIRD, 3, 1);
        assertThat(stable(checkpoint(FOURTH, 3, 1))).isEmpty();
    }

    @Test
    void withoutAPossibleQuorumOfEqualDigestsTheReplicaHalts() {
        checkpoint(PRIMARY, 4, 1);
        checkpoint(THIRD, 4, 2);
        assertThat(actions(checkpoint(FOURTH, 4, 3))).anyMatch(Action.Halt.class::isInstance);
    }

    @Test
    void anOwnDigestThatDiffersFromTheStableOneAsksForState() {
        handle(new OrderingEvent.CheckpointTaken(NOW, 4, Digest.ZERO, new Digest(8, 8, 8, 8)));
        checkpoint(PRIMARY, 4, 1);
        checkpoint(THIRD, 4, 1);
        assertThat(actions(checkpoint(FOURTH, 4, 1))).anyMatch(Action.NeedState.class::isInstance);
    }

    @Test
    void decisionsRunAtMostTwoWindowsAheadOfTheLastExecutedCheckpoint() {
        List<Long> handedOver = new ArrayList<>();
        for (long sequence = 1; sequence <= 6 * CONFIG.window(); sequence++) {
            DecidedClaims claim = new DecidedClaims(0, sequence, List.of(batch(1).digest()));
            handedOver.addAll(decided(receive(THIRD, claim)));
            handedOver.addAll(decided(receive(FOURTH, claim)));
            handedOver.addAll(decided(receive(THIRD, new OrderingMessage.FetchedBatch(batch(1)))));
        }
        assertThat(handedOver).last().isEqualTo(2 * CONFIG.window());
        Effects executed = handle(new OrderingEvent.CheckpointTaken(NOW, 4, Digest.ZERO, Digest.ZERO));
        assertThat(decided(executed)).last().isEqualTo(2 * CONFIG.window() + 4);
    }

    @Test
    void anInstalledStateReleasesWhatLiesBelowItAndDeliversWhatWasAgreedAboveIt() {
        commit(1, batch(1));
        receive(PRIMARY, proposal(5, batch(5)));
        assertThat(commit(5, batch(5))).isEmpty();
        Effects installed = handle(new OrderingEvent.Installed(NOW, certificate(4)));
        assertThat(decided(installed)).containsExactly(5L);
        assertThat(actions(installed))
                .contains(new Action.ReleaseBatch(batch(1).digest()))
                .doesNotContain(new Action.ReleaseBatch(batch(5).digest()));
    }

    @Test
    void whenMemoryIsShortDecisionsUnderTheStableCheckpointAreForgottenAndNoOthers() {
        for (long sequence = 1; sequence <= 6; sequence++) {
            receive(PRIMARY, proposal(sequence, batch((int) sequence)));
            assertThat(commit(sequence, batch((int) sequence))).containsExactly(sequence);
        }
        assertThat(actions(handle(new OrderingEvent.MemoryShort(NOW, 6))))
                .as("none is stable")
                .isEmpty();
        receiveCertificate(4);
        assertThat(actions(handle(new OrderingEvent.MemoryShort(NOW, 2))))
                .containsExactly(
                        new Action.ReleaseBatch(batch(1).digest()), new Action.ReleaseBatch(batch(2).digest()));
        assertThat(actions(handle(new OrderingEvent.MemoryShort(NOW, 6))))
                .containsExactly(
                        new Action.ReleaseBatch(batch(3).digest()), new Action.ReleaseBatch(batch(4).digest()));
    }

    @Test
    void aStateThatContradictsTheStableOneIsReplacedAtTheSameHeightAndWhatFollowsIsExecutedAgain() {
        for (long sequence = 1; sequence <= 5; sequence++) {
            receive(PRIMARY, proposal(sequence, batch((int) sequence)));
            assertThat(commit(sequence, batch((int) sequence))).containsExactly(sequence);
        }
        handle(new OrderingEvent.CheckpointTaken(NOW, 4, Digest.ZERO, new Digest(8, 8, 8, 8)));
        receiveCertificate(4);
        receive(PRIMARY, proposal(6, batch(6)));
        assertThat(commit(6, batch(6)))
                .as("nothing reaches a state that is wrong")
                .isEmpty();
        assertThat(decided(handle(new OrderingEvent.Installed(NOW, certificate(4)))))
                .containsExactly(5L, 6L);
    }

    @Test
    void aStateIsWantedAboveTheLogOnlyWhetherItWasAskedForBeforeOrNot() {
        receiveCertificate(4);
        receive(THIRD, new DecidedClaims(0, 5, List.of()));
        assertThat(actions(receive(FOURTH, new DecidedClaims(0, 5, List.of()))))
                .contains(new Action.NeedState(certificate(4)));
        assertThat(pbft.wants(certificate(4))).isTrue();
        for (long sequence = 1; sequence <= 4; sequence++) {
            DecidedClaims claim =
                    new DecidedClaims(0, sequence, List.of(batch((int) sequence).digest()));
            receive(THIRD, claim);
            receive(FOURTH, claim);
            receive(THIRD, new OrderingMessage.FetchedBatch(batch((int) sequence)));
        }
        assertThat(pbft.wants(certificate(4))).as("the log has closed the gap").isFalse();
        assertThat(pbft.wants(certificate(8))).isTrue();
        handle(new OrderingEvent.CheckpointTaken(NOW, 4, Digest.ZERO, new Digest(8, 8, 8, 8)));
        assertThat(pbft.wants(certificate(4))).as("ours is wrong").isTrue();
        handle(new OrderingEvent.Installed(NOW, certificate(4)));
        assertThat(pbft.wants(certificate(4))).as("and was replaced").isFalse();
    }

    @Test
    void anEmptyLogAboveUsAsksForStateLikeOneThatBeginsAboveUs() {
        receiveCertificate(400);
        receive(THIRD, new DecidedClaims(0, 401, List.of()));
        assertThat(actions(receive(FOURTH, new DecidedClaims(0, 397, List.of(batch(1).digest())))))
                .contains(new Action.NeedState(certificate(400)));
    }

    /** Of 2f that answer, f begin above us, and what the others claim is never f + 1. */
    @Test
    void whomTooFewLogsReachAsksForStateAfterSomeRoundsInVain() {
        receiveCertificate(4);
        DecidedClaims below = new DecidedClaims(0, 1, List.of(batch(1).digest()));
        DecidedClaims above = new DecidedClaims(0, 3, List.of(batch(3).digest()));
        for (int round = 0; round < 4; round++) {
            receive(THIRD, below);
            assertThat(actions(receive(FOURTH, above)))
                    .as("round %d", round)
                    .noneMatch(Action.NeedState.class::isInstance);
            handle(new OrderingEvent.TimerFired(NOW, new TimerKey.StatusTimer()));
        }
        handle(new OrderingEvent.TimerFired(NOW, new TimerKey.StatusTimer()));
        assertThat(actions(receive(FOURTH, above))).contains(new Action.NeedState(certificate(4)));
    }

    @Test
    void oneMemberWhoseLogBeginsAboveUsDoesNotMakeUsAskForState() {
        receiveCertificate(400);
        receive(THIRD, new DecidedClaims(0, 401, List.of()));
        assertThat(actions(receive(THIRD, new DecidedClaims(0, 399, List.of()))))
                .noneMatch(Action.NeedState.class::isInstance);
    }

    // ---- status ----

    @Test
    void aStatusOfOneWhoIsBehindIsAnsweredWithClaimsAndNotTwiceAtOnce() {
        receive(PRIMARY, proposal(1, batch(1)));
        commit(1, batch(1));
        OrderingMessage.Status behind =
                new OrderingMessage.Status(0, 0, true, List.of(), false, 0, 0, Digest.ZERO, false, List.of());
        assertThat(actions(receive(THIRD, behind)))
                .contains(new Action.Send(THIRD, new DecidedClaims(0, 1, List.of(batch(1).digest()))));
        assertThat(actions(receive(THIRD, behind))).noneMatch(Action.Send.class::isInstance);
    }

    @Test
    void aFetchedBatchThatNobodyAskedForIsNotKept() {
        receive(THIRD, new OrderingMessage.FetchedBatch(batch(1)));
        assertThat(actions(receive(THIRD, new OrderingMessage.FetchBatches(List.of(batch(1).digest())))))
                .isEmpty();
    }

    @Test
    void aMissingBatchIsAskedForAtOtherHoldersEachTime() {
        List<ReplicaId> holders = List.of(PRIMARY, THIRD, FOURTH);
        List<ReplicaId> asked = new ArrayList<>();
        for (ReplicaId holder : holders) {
            asked.addAll(fetchedFrom(receive(holder, new DecidedClaims(0, 1, List.of(batch(1).digest())))));
        }
        assertThat(asked).as("f + 1 of those who claim it, at once").hasSize(2).isSubsetOf(holders);
        for (int round = 0; round < 2; round++) {
            List<ReplicaId> next = fetchedFrom(handle(new OrderingEvent.TimerFired(NOW, new TimerKey.StatusTimer())));
            assertThat(next).hasSize(2).doesNotHaveDuplicates();
            asked.addAll(next);
        }
        assertThat(asked)
                .as("each of three, twice in three rounds")
                .containsExactlyInAnyOrder(PRIMARY, THIRD, FOURTH, PRIMARY, THIRD, FOURTH);
    }

    private static List<ReplicaId> fetchedFrom(Effects effects) {
        return actions(effects).stream()
                .filter(action -> action instanceof Action.Send(ReplicaId to, OrderingMessage message)
                        && message instanceof OrderingMessage.FetchBatches)
                .map(action -> ((Action.Send) action).to())
                .toList();
    }

    @Test
    void whoFetchesTooMuchIsAnsweredLaterAndOthersAtOnce() {
        List<Digest> digests = new ArrayList<>();
        for (int sequence = 1; sequence <= 8; sequence++) {
            Batch large = Batches.of(sequence, Collections.nCopies(2000, new Digest(sequence, 1, 1, 1)));
            receive(PRIMARY, proposal(sequence, large));
            digests.add(large.digest());
        }
        OrderingMessage.FetchBatches fetch = new OrderingMessage.FetchBatches(digests);
        int answered = 0;
        while (answered < 1000 && sent(receive(THIRD, fetch)) == 8) {
            answered++;
        }
        assertThat(answered * 8L * 64_000).isBetween(16L << 20, 64L << 20);
        assertThat(actions(receive(THIRD, fetch)))
                .containsOnly(new Action.Report(THIRD, Action.Misbehaviour.EXCESSIVE_FETCH));
        assertThat(sent(receive(FOURTH, fetch))).isEqualTo(8);
        Now later = new Now(NOW.nanos() + 1_000_000_000L, NOW.wallMillis());
        assertThat(sent(handle(new OrderingEvent.Received(later, THIRD, fetch))))
                .isEqualTo(8);
    }

    @Test
    void aBatchThatIsNamedTwiceInAFetchIsSentOnce() {
        receive(PRIMARY, proposal(1, batch(1)));
        Digest wanted = batch(1).digest();
        assertThat(sent(receive(THIRD, new OrderingMessage.FetchBatches(List.of(wanted, wanted)))))
                .isEqualTo(1);
    }

    private static long sent(Effects effects) {
        return actions(effects).stream().filter(Action.Send.class::isInstance).count();
    }

    // ---- helpers ----

    private Pbft replica(ReplicaId id, Start start) {
        Pbft replica = new Pbft(id, membership, CONFIG, new ReplicaSigner(id, "test", keys.get(id.number())), start);
        replica.handle(new OrderingEvent.Started(NOW));
        return replica;
    }

    private static Batch batch(int number) {
        return Batches.of(number, List.of());
    }

    private static PrePrepare proposal(long sequence, Batch batch) {
        return new PrePrepare(0, 0, sequence, batch);
    }

    private Effects handle(OrderingEvent event) {
        Effects effects = pbft.handle(event);
        for (Action action : actions(effects)) {
            if (action instanceof Action.AwaitBodies(Batch batch, boolean ignored, long naming)) {
                namings.put(batch, naming);
            }
        }
        return effects;
    }

    /** The answer to the last time that these bodies were awaited. */
    private OrderingEvent held(Batch batch, boolean verified) {
        return new OrderingEvent.BodiesHeld(NOW, batch.digest(), verified, namings.get(batch));
    }

    private Effects receive(ReplicaId from, OrderingMessage message) {
        return handle(new OrderingEvent.Received(NOW, from, message));
    }

    private List<Long> commit(long sequence, Batch batch) {
        List<Long> decided = new ArrayList<>();
        for (ReplicaId voter : List.of(PRIMARY, SELF, THIRD)) {
            decided.addAll(decided(receive(voter, new Commit(0, 0, sequence, batch.digest()))));
        }
        return decided;
    }

    private static OrderingMessage.Status status(long stable, boolean learner) {
        return new OrderingMessage.Status(
                0, 0, true, List.of(), false, stable, stable, Digest.ZERO, learner, List.of());
    }

    private Effects receiveCertificate(long sequence) {
        return handle(new OrderingEvent.CertificateReceived(NOW, THIRD, certificate(sequence)));
    }

    private Effects install(long sequence) {
        return handle(new OrderingEvent.Installed(NOW, certificate(sequence)));
    }

    private static ViewChange emptyViewChange(long view) {
        return new ViewChange(0, view, 0, Optional.empty(), List.of(), List.of());
    }

    private Effects viewChange(ReplicaId sender, long view) {
        return viewChange(sender, emptyViewChange(view));
    }

    private Effects viewChange(ReplicaId sender, ViewChange viewChange) {
        return handle(new OrderingEvent.ViewChangeReceived(NOW, sender, sign(sender, viewChange)));
    }

    private Effects checkpoint(ReplicaId sender, long sequence, int state) {
        return handle(new OrderingEvent.CheckpointReceived(
                NOW, sender, sign(sender, new Checkpoint(0, sequence, Digest.ZERO, new Digest(state, 0, 0, 0), 0))));
    }

    private CheckpointCertificate certificate(long sequence) {
        return new CheckpointCertificate(List.of(PRIMARY, THIRD, FOURTH).stream()
                .map(signer -> sign(signer, new Checkpoint(0, sequence, Digest.ZERO, Digest.ZERO, 0))
                        .signed())
                .toList());
    }

    private <M extends dev.atlas.core.crypto.Signable> Verified<M> sign(ReplicaId signer, M content) {
        return new ReplicaSigner(signer, "test", keys.get(signer.number())).sign(content);
    }

    private static List<Action> actions(Effects effects) {
        return effects.groups().stream()
                .flatMap(group -> group.actions().stream())
                .toList();
    }

    private static List<OrderingMessage> broadcasts(Effects effects) {
        return actions(effects).stream()
                .filter(Action.Broadcast.class::isInstance)
                .map(action -> ((Action.Broadcast) action).message())
                .filter(message -> !(message instanceof OrderingMessage.Status))
                .toList();
    }

    private static List<OrderingMessage.FetchViewChanges> fetches(Effects effects) {
        return actions(effects).stream()
                .filter(Action.Send.class::isInstance)
                .map(action -> ((Action.Send) action).message())
                .filter(OrderingMessage.FetchViewChanges.class::isInstance)
                .map(OrderingMessage.FetchViewChanges.class::cast)
                .toList();
    }

    private static List<Misbehaviour> refused(Effects effects) {
        return actions(effects).stream()
                .filter(Action.Report.class::isInstance)
                .map(action -> ((Action.Report) action).misbehaviour())
                .toList();
    }

    private static List<Long> decided(Effects effects) {
        return actions(effects).stream()
                .filter(Action.Decide.class::isInstance)
                .map(action -> ((Action.Decide) action).sequence())
                .toList();
    }

    private static List<Long> stable(Effects effects) {
        return actions(effects).stream()
                .filter(Action.CheckpointStable.class::isInstance)
                .map(action -> ((Action.CheckpointStable) action).sequence())
                .toList();
    }

    private static Optional<Duration> timer(Effects effects, long view) {
        return actions(effects).stream()
                .filter(Action.StartTimer.class::isInstance)
                .map(Action.StartTimer.class::cast)
                .filter(start -> start.timer().equals(new TimerKey.ViewTimer(view)))
                .map(Action.StartTimer::delay)
                .findFirst();
    }
}
