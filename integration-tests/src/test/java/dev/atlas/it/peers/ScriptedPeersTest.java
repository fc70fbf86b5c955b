package dev.atlas.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.Bodies;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.FetchBodies;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.ViewChange;
import dev.atlas.net.identity.ReplicaId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ring 2: a real replica, its shell included, among peers that lie. */
@Timeout(60)
class ScriptedPeersTest {

    private ScriptedPeers peers;

    @BeforeEach
    void start() throws Exception {
        peers = new ScriptedPeers();
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
        RequestBundle bundle = new dev.atlas.core.wire.BundleCodec("scripted")
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
        peers.say(2, new OrderingMessage.SignedNewView(peers.sign(2, new NewView(0, 2, List.of(), 0, List.of()))));
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

    private Batch propose(long sequence, RequestBundle bundle) {
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
