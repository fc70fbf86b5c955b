package dev.atlas.it.sim.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.DecidedClaims;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.OrderingMessage.SignedCheckpoint;
import dev.atlas.core.message.OrderingMessage.SignedNewView;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.OrderingMessage.StableCheckpoint;
import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.types.Membership;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.it.sim.crypto.KeyedHashScheme;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The judge of reasons on histories known to be good or bad, of four replicas. */
class ReasonOracleTest {

    private static final long WINDOW = 8;
    private static final Batch BATCH = Batches.of(1, List.of());
    private static final Batch OTHER = Batches.of(2, List.of());
    private static final Digest DIGEST = BATCH.digest();

    private final KeyedHashScheme scheme = new KeyedHashScheme();
    private final List<SignatureScheme.KeyPair> keys = new ArrayList<>();
    private final Membership membership = membership();
    private final List<String> broken = new ArrayList<>();
    private final ReasonOracle oracle = new ReasonOracle(membership, WINDOW, broken::add);

    private Membership membership() {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            keys.add(scheme.fromSecret(new byte[] {(byte) number}));
            members.add(new Membership.Member(id(number), keys.get(number).publicKey()));
        }
        return new Membership(0, members);
    }

    private static ReplicaId id(int number) {
        return new ReplicaId(number);
    }

    private ReplicaSigner signer(int number) {
        return new ReplicaSigner(id(number), "cluster", keys.get(number));
    }

    private void proposedTo(int at, long view, Batch batch) {
        oracle.heard(id(at), membership.primary(view), new PrePrepare(0, view, 1, batch));
    }

    private void preparedTo(int at, long view, int... others) {
        for (int other : others) {
            oracle.heard(id(at), id(other), new Prepare(0, view, 1, DIGEST));
        }
    }

    private void committedTo(int at, long view, int... others) {
        for (int other : others) {
            oracle.heard(id(at), id(other), new Commit(0, view, 1, DIGEST));
        }
    }

    private Signed<ViewChange> viewChange(int from, List<ViewChange.Prepared> p, List<ViewChange.PrePrepared> q) {
        return signer(from)
                .sign(new ViewChange(0, 1, 0, Optional.empty(), p, q))
                .signed();
    }

    private Signed<NewView> newView(int from, List<Signed<ViewChange>> named, Digest... choices) {
        return signer(from)
                .sign(new NewView(
                        0,
                        1,
                        named.stream()
                                .map(each -> new NewView.Reference(each.signer(), each.hash()))
                                .toList(),
                        0,
                        List.of(choices)))
                .signed();
    }

    private static Status status(long view, long stable) {
        return new Status(0, view, true, List.of(), false, stable, 0, DIGEST, false, List.of());
    }

    private void isGood() {
        assertThat(broken).isEmpty();
    }

    private void isBad(String rule) {
        assertThat(broken).singleElement().asString().contains(rule);
    }

    @Test
    void aProposalIsPreparedCommittedAndDecided() {
        proposedTo(2, 0, BATCH);
        oracle.sent(id(2), new Prepare(0, 0, 1, DIGEST));
        preparedTo(2, 0, 1);
        oracle.sent(id(2), new Commit(0, 0, 1, DIGEST));
        committedTo(2, 0, 0, 1);
        oracle.executed(id(2), 1);
        oracle.sent(id(2), new DecidedClaims(0, 1, List.of(DIGEST)));
        isGood();
    }

    @Test
    void nobodyPreparesWhatTheProposerIsNotPrimaryFor() {
        oracle.heard(id(2), id(3), new PrePrepare(0, 0, 1, BATCH));
        oracle.sent(id(2), new Prepare(0, 0, 1, DIGEST));
        isBad("votes for what its primary has not proposed");
    }

    @Test
    void nobodyPreparesAnotherBatch() {
        proposedTo(2, 0, OTHER);
        oracle.sent(id(2), new Prepare(0, 0, 1, DIGEST));
        isBad("votes for what its primary has not proposed");
    }

    @Test
    void nobodyCommitsOnePrepareEarly() {
        proposedTo(2, 0, BATCH);
        oracle.sent(id(2), new Commit(0, 0, 1, DIGEST));
        isBad("commits with 1 PREPAREs");
    }

    @Test
    void aPrimarysPrepareDoesNotCount() {
        proposedTo(2, 0, BATCH);
        preparedTo(2, 0, 0);
        oracle.sent(id(2), new Commit(0, 0, 1, DIGEST));
        isBad("commits with 1 PREPAREs");
    }

    @Test
    void aRepeatedPrepareCountsOnce() {
        proposedTo(0, 0, BATCH);
        oracle.sent(id(0), new PrePrepare(0, 0, 1, BATCH));
        preparedTo(0, 0, 1, 1);
        oracle.sent(id(0), new Commit(0, 0, 1, DIGEST));
        isBad("commits with 1 PREPAREs");
    }

    @Test
    void preparesForAnotherDigestDoNotCount() {
        proposedTo(2, 0, BATCH);
        oracle.heard(id(2), id(1), new Prepare(0, 0, 1, OTHER.digest()));
        oracle.sent(id(2), new Commit(0, 0, 1, DIGEST));
        isBad("commits with 1 PREPAREs");
    }

    @Test
    void twoCommitsDecideNothing() {
        committedTo(2, 0, 1);
        oracle.executed(id(2), 1);
        isBad("takes for decided at 1");
    }

    @Test
    void commitsOfTwoViewsDecideNothing() {
        committedTo(2, 0, 1);
        committedTo(2, 1, 3);
        oracle.executed(id(2), 1);
        isBad("takes for decided at 1");
    }

    @Test
    void oneClaimDecidesNothing() {
        oracle.heard(id(2), id(1), new DecidedClaims(0, 1, List.of(DIGEST)));
        oracle.sent(id(2), new DecidedClaims(0, 1, List.of(DIGEST)));
        isBad("takes for decided at 1");
    }

    @Test
    void twoEqualClaimsDecide() {
        oracle.heard(id(2), id(1), new DecidedClaims(0, 1, List.of(DIGEST)));
        oracle.heard(id(2), id(3), new DecidedClaims(0, 1, List.of(DIGEST)));
        oracle.sent(id(2), new DecidedClaims(0, 1, List.of(DIGEST)));
        isGood();
    }

    @Test
    void twoDifferentClaimsDecideNothing() {
        oracle.heard(id(2), id(1), new DecidedClaims(0, 1, List.of(DIGEST)));
        oracle.heard(id(2), id(3), new DecidedClaims(0, 1, List.of(OTHER.digest())));
        oracle.executed(id(2), 1);
        isBad("takes for decided at 1");
    }

    private Signed<Checkpoint> checkpoint(int from) {
        return signer(from).sign(new Checkpoint(0, 4, DIGEST, DIGEST, 0)).signed();
    }

    @Test
    void aCheckpointIsStableWithAQuorum() {
        for (int from : List.of(0, 1, 3)) {
            oracle.heard(id(2), id(from), new SignedCheckpoint(checkpoint(from)));
        }
        oracle.sent(id(2), status(0, 4));
        isGood();
    }

    @Test
    void aCheckpointIsNotStableWithAWeakQuorum() {
        for (int from : List.of(0, 1)) {
            oracle.heard(id(2), id(from), new SignedCheckpoint(checkpoint(from)));
        }
        oracle.sent(id(2), status(0, 4));
        isBad("takes checkpoint 4 for stable");
    }

    @Test
    void aCertificateOfTwoProvesNothing() {
        oracle.heard(
                id(2),
                id(1),
                new StableCheckpoint(new CheckpointCertificate(List.of(checkpoint(0), checkpoint(1), checkpoint(1)))));
        oracle.sent(id(2), status(0, 4));
        isBad("takes checkpoint 4 for stable");
    }

    @Test
    void aViewIsNotActiveWithoutItsNewView() {
        oracle.sent(id(2), status(1, 0));
        isBad("without a NEW-VIEW");
    }

    private List<Signed<ViewChange>> heardBy(int at, List<Signed<ViewChange>> said) {
        said.forEach(each -> oracle.heard(id(at), each.signer(), new SignedViewChange(each)));
        return said;
    }

    private Signed<ViewChange> silent(int from) {
        return viewChange(from, List.of(), List.of());
    }

    private Signed<ViewChange> prepared(int from) {
        return prepared(from, DIGEST);
    }

    private Signed<ViewChange> prepared(int from, Digest digest) {
        return viewChange(
                from,
                List.of(new ViewChange.Prepared(1, digest, 0)),
                List.of(new ViewChange.PrePrepared(1, digest, 0)));
    }

    private void opens(List<Signed<ViewChange>> named, Digest... choices) {
        oracle.heard(id(2), id(1), new SignedNewView(newView(1, heardBy(2, named), choices)));
        oracle.sent(id(2), status(1, 0));
    }

    @Test
    void aNewViewFixesWhatPrepared() {
        opens(List.of(prepared(0), prepared(1), silent(3)), DIGEST);
        isGood();
    }

    @Test
    void aNewViewMayNotLeaveOutWhatMayHaveCommitted() {
        opens(List.of(prepared(0), prepared(1), silent(3)));
        isBad("slot 1 may not be left open");
    }

    @Test
    void aNewViewMayNotLeaveOutANullBatchThatMayHaveCommitted() {
        opens(List.of(prepared(0, Batches.NULL.digest()), prepared(1, Batches.NULL.digest()), silent(3)));
        isBad("slot 1 may not be left open");
    }

    @Test
    void aNewViewFixesANullBatchThatPrepared() {
        opens(
                List.of(prepared(0, Batches.NULL.digest()), prepared(1, Batches.NULL.digest()), silent(3)),
                Batches.NULL.digest());
        isGood();
    }

    @Test
    void aNewViewMayNotFixWhatNobodyElseVouchesFor() {
        opens(List.of(prepared(0), silent(1), silent(3)), DIGEST);
        isBad("slot 1 may not get");
    }

    @Test
    void aNewViewRestsOnAQuorum() {
        opens(List.of(silent(0), silent(1)));
        isBad("it rests on VIEW-CHANGEs of");
    }

    @Test
    void aNewViewRestsOnWhatWasSaid() {
        oracle.heard(id(2), id(1), new SignedNewView(newView(1, List.of(silent(0), silent(1), silent(3)))));
        oracle.sent(id(2), status(1, 0));
        isBad("no correct replica has heard");
    }

    @Test
    void aNewViewIsItsPrimarys() {
        oracle.heard(id(2), id(3), new SignedNewView(newView(3, heardBy(2, List.of(silent(0), silent(1), silent(3))))));
        oracle.sent(id(2), status(1, 0));
        isBad("without a NEW-VIEW");
    }

    @Test
    void aViewChangeOwnsUpToCommits() {
        proposedTo(2, 0, BATCH);
        preparedTo(2, 0, 1);
        oracle.sent(id(2), new Prepare(0, 0, 1, DIGEST));
        oracle.sent(id(2), new Commit(0, 0, 1, DIGEST));
        oracle.sent(
                id(2),
                new SignedViewChange(viewChange(2, List.of(), List.of(new ViewChange.PrePrepared(1, DIGEST, 0)))));
        isBad("does not own up to its COMMIT at 1");
    }

    @Test
    void aViewChangeOwnsUpToPrepares() {
        proposedTo(2, 0, BATCH);
        oracle.sent(id(2), new Prepare(0, 0, 1, DIGEST));
        oracle.sent(id(2), new SignedViewChange(silent(2)));
        isBad("does not own up to its PREPARE or proposal at 1");
    }

    @Test
    void whoHasLostItsMemoryNeedNotOwnUp() {
        proposedTo(2, 0, BATCH);
        oracle.sent(id(2), new Prepare(0, 0, 1, DIGEST));
        oracle.forgotten(id(2));
        oracle.sent(id(2), new SignedViewChange(silent(2)));
        isGood();
    }

    @Test
    void aForgedSignatureIsNoQuorum() {
        Signed<ViewChange> honest = silent(0);
        Signed<ViewChange> renamed = Signed.of(id(0), honest.content(), honest.payload(), ByteString.EMPTY);
        opens(List.of(silent(1), honest, renamed));
        isBad("it rests on VIEW-CHANGEs of");
    }
}
