package dev.atlas.core.ordering.pbft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.OrderingMessage.SignedNewView;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Action.Misbehaviour;
import dev.atlas.core.ordering.Effects;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.types.Membership;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A restarted replica stands by what it had said, and resumes. */
class RecoveryRulesTest {

    private static final Now NOW = new Now(1_000_000_000L, 50_000);
    private static final ReplicaId PRIMARY = new ReplicaId(0);
    private static final ReplicaId SELF = new ReplicaId(1);
    private static final Batch FIRST = Batches.of(1, List.of());
    private static final Batch SECOND = Batches.of(2, List.of());

    private final List<SignatureScheme.KeyPair> keys = new ArrayList<>();
    private final Membership membership;

    RecoveryRulesTest() {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            byte[] secret = new byte[32];
            secret[0] = (byte) number;
            keys.add(new Ed25519Scheme().fromSecret(secret));
            members.add(new Membership.Member(
                    new ReplicaId(number), keys.get(number).publicKey()));
        }
        membership = new Membership(0, members);
    }

    private Pbft replica(ReplicaId id, LogRecord... records) {
        return new Pbft(
                id,
                membership,
                PbftConfig.defaults().withCheckpointPeriod(4),
                signer(id),
                new Start.Recovered(true, List.of(records), 0, 0, Digest.ZERO, List.of()));
    }

    private ReplicaSigner signer(ReplicaId id) {
        return new ReplicaSigner(id, "test", keys.get(id.number()));
    }

    private LogRecord.ViewChanging asking(long view) {
        return new LogRecord.ViewChanging(signer(SELF)
                .sign(new ViewChange(0, view, 0, Optional.empty(), List.of(), List.of()))
                .signed());
    }

    private static List<Action> actions(Effects effects) {
        return effects.groups().stream()
                .flatMap(group -> group.actions().stream())
                .toList();
    }

    private static List<OrderingMessage> broadcasts(Effects effects) {
        return actions(effects).stream()
                .filter(action -> action instanceof Action.Broadcast)
                .map(action -> ((Action.Broadcast) action).message())
                .toList();
    }

    @Test
    void whatWasPreparedForBeforeTheRestartAdmitsNoOtherProposal() {
        Pbft pbft = replica(SELF, new LogRecord.PrePrepared(0, 1, FIRST));
        pbft.handle(new OrderingEvent.Started(NOW));
        Effects other = pbft.handle(new OrderingEvent.Received(NOW, PRIMARY, new PrePrepare(0, 0, 1, SECOND)));
        assertThat(actions(other)).contains(new Action.Report(PRIMARY, Misbehaviour.EQUIVOCATION));
        assertThat(broadcasts(other)).isEmpty();
    }

    /** Decisions are written behind the answers; what is prepared is not. */
    @Test
    void noStateIsReadFromBeforeWhatMayHaveBeenAnswered() {
        assertThat(Start.GENESIS.answered()).isZero();
        assertThat(recovered(4, 6).answered()).isEqualTo(6);
        assertThat(recovered(4, 6, new LogRecord.Prepared(0, 5, FIRST.digest())).answered())
                .isEqualTo(6);
        assertThat(recovered(
                                4,
                                6,
                                new LogRecord.Prepared(0, 8, FIRST.digest()),
                                new LogRecord.Prepared(1, 7, FIRST.digest()),
                                new LogRecord.PrePrepared(1, 9, FIRST))
                        .answered())
                .isEqualTo(8);
        Checkpoint checkpoint = new Checkpoint(0, 12, Digest.ZERO, Digest.ZERO, 0);
        LogRecord.Stable stable = new LogRecord.Stable(
                new CheckpointCertificate(List.of(signer(SELF).sign(checkpoint).signed())));
        assertThat(recovered(4, 6, stable).answered())
                .as("what was prepared up to there is forgotten")
                .isEqualTo(12);
    }

    private static Start recovered(long executed, long head, LogRecord... records) {
        return new Start.Recovered(true, List.of(records), executed, head, Digest.ZERO, List.of());
    }

    @Test
    void theOwnVotesCountStill() {
        Pbft pbft = replica(SELF, new LogRecord.PrePrepared(0, 1, FIRST));
        pbft.handle(new OrderingEvent.Started(NOW));
        // With the primary's proposal and its own PREPARE, one of another's makes it prepared.
        Effects prepared =
                pbft.handle(new OrderingEvent.Received(NOW, new ReplicaId(2), new Prepare(0, 0, 1, FIRST.digest())));
        assertThat(broadcasts(prepared)).contains(new Commit(0, 0, 1, FIRST.digest()));
        assertThat(prepared.groups())
                .anySatisfy(group ->
                        assertThat(group.persist()).containsExactly(new LogRecord.Prepared(0, 1, FIRST.digest())));
    }

    @Test
    void aRestartedPrimaryProposesAboveWhatItHadProposed() {
        Pbft pbft = replica(PRIMARY, new LogRecord.PrePrepared(0, 1, FIRST), new LogRecord.PrePrepared(0, 2, SECOND));
        pbft.handle(new OrderingEvent.Started(NOW));
        Batch third = Batches.of(3, List.of());
        assertThat(broadcasts(pbft.handle(new OrderingEvent.Propose(NOW, third))))
                .contains(new PrePrepare(0, 0, 3, third));
    }

    @Test
    void whoHadLeftAViewAsksAgainByteForByteAndVotesInItNoMore() {
        LogRecord.ViewChanging asked = asking(1);
        Pbft pbft = replica(SELF, new LogRecord.PrePrepared(0, 1, FIRST), asked);
        Effects started = pbft.handle(new OrderingEvent.Started(NOW));
        assertThat(broadcasts(started)).contains(new SignedViewChange(asked.viewChange()));
        assertThat(pbft.status().view()).isEqualTo(1);
        assertThat(pbft.status().active()).isFalse();
        Effects old = pbft.handle(new OrderingEvent.Received(NOW, PRIMARY, new PrePrepare(0, 0, 2, SECOND)));
        assertThat(broadcasts(old)).isEmpty();
    }

    @Test
    void anAcceptedNewViewIsDurableWithItsViewChangesBeforeItsViewBegins() {
        ReplicaId leader = new ReplicaId(2);
        Pbft pbft = replica(SELF);
        Verified<NewView> newView = newView(leader, 2);
        assertThatItIsDurableBeforeItsViewBegins(enter(pbft, newView), newView);
        assertThat(pbft.status().active()).isTrue();
    }

    /** What it issued before it lost its disk comes back from others; it was durable on the lost disk only. */
    @Test
    void anOwnNewViewOfAFormerLifeIsDurableBeforeItsViewBegins() {
        Pbft learner = new Pbft(
                SELF,
                membership,
                PbftConfig.defaults().withCheckpointPeriod(4),
                signer(SELF),
                new Start.Recovered(false, List.of(), 0, 0, Digest.ZERO, List.of()));
        Verified<NewView> newView = newView(SELF, 1);
        assertThatItIsDurableBeforeItsViewBegins(enter(learner, newView), newView);
        assertThat(learner.status().view()).isEqualTo(1);
    }

    private Effects enter(Pbft pbft, Verified<NewView> newView) {
        pbft.handle(new OrderingEvent.Started(NOW));
        for (Verified<ViewChange> viewChange : viewChanges(newView.content().view())) {
            pbft.handle(new OrderingEvent.ViewChangeReceived(NOW, viewChange.signer(), viewChange));
        }
        return pbft.handle(new OrderingEvent.NewViewReceived(NOW, newView.signer(), newView));
    }

    private Verified<NewView> newView(ReplicaId leader, long view) {
        List<NewView.Reference> references = viewChanges(view).stream()
                .map(asked ->
                        new NewView.Reference(asked.signer(), asked.signed().hash()))
                .toList();
        return signer(leader).sign(new NewView(0, view, references, 0, List.of()));
    }

    private List<Verified<ViewChange>> viewChanges(long view) {
        ViewChange content = new ViewChange(0, view, 0, Optional.empty(), List.of(), List.of());
        return List.of(0, 2, 3).stream()
                .map(number -> signer(new ReplicaId(number)).sign(content))
                .toList();
    }

    private void assertThatItIsDurableBeforeItsViewBegins(Effects entered, Verified<NewView> newView) {
        long view = newView.content().view();
        LogRecord.ViewEntered record = new LogRecord.ViewEntered(
                newView.signed(),
                viewChanges(view).stream().map(Verified::signed).toList());
        boolean durable = false;
        for (Effects.Group group : entered.groups()) {
            durable |= group.persist().contains(record);
            if (group.actions().contains(new Action.EnterView(view))) {
                assertThat(durable).isTrue();
            }
        }
        assertThat(actions(entered)).contains(new Action.EnterView(view));
    }

    /** Durable, and the power failed before it left: nobody else has it. */
    @Test
    void anOwnNewViewIsSentBeforeAnythingIsSaidInItsView() {
        NewView content = new NewView(0, 1, List.of(), 0, List.of());
        LogRecord.ViewEntered opened =
                new LogRecord.ViewEntered(signer(SELF).sign(content).signed(), List.of());
        Pbft pbft = replica(SELF, asking(1), opened);
        Effects started = pbft.handle(new OrderingEvent.Started(NOW));
        assertThat(broadcasts(started).getFirst()).isEqualTo(new SignedNewView(opened.newView()));
        assertThat(pbft.status().active()).isTrue();
        assertThat(pbft.status().view()).isEqualTo(1);
    }

    /** Between the two writes: nobody has it, and the batch may have been fetched for it alone. */
    @Test
    void anOwnNewViewDoesNotLeaveUnlessAllThatItFixesIsInQ() {
        NewView content = new NewView(0, 1, List.of(), 0, List.of(FIRST.digest(), SECOND.digest()));
        LogRecord.ViewEntered opened =
                new LogRecord.ViewEntered(signer(SELF).sign(content).signed(), List.of());
        LogRecord first = new LogRecord.PrePrepared(1, 1, FIRST);
        Pbft half = replica(SELF, asking(1), opened, first);
        assertThat(broadcasts(half.handle(new OrderingEvent.Started(NOW))))
                .noneMatch(SignedNewView.class::isInstance)
                .anyMatch(message -> message instanceof OrderingMessage.SignedViewChange asked
                        && asked.signed().content().newView() == 2);
        Pbft learner = new Pbft(
                SELF,
                membership,
                PbftConfig.defaults().withCheckpointPeriod(4),
                signer(SELF),
                new Start.Recovered(false, List.of(opened, first), 0, 0, Digest.ZERO, List.of()));
        Effects followed = learner.handle(new OrderingEvent.Started(NOW));
        assertThat(broadcasts(followed)).noneMatch(SignedNewView.class::isInstance);
        assertThat(actions(followed)).contains(new Action.EnterView(1));
        Pbft whole = replica(SELF, asking(1), opened, first, new LogRecord.PrePrepared(1, 2, SECOND));
        assertThat(broadcasts(whole.handle(new OrderingEvent.Started(NOW))).getFirst())
                .isEqualTo(new SignedNewView(opened.newView()));
    }
}
