package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import dev.atlas.replica.SendingStub;
import dev.atlas.replica.storage.InMemoryLog;
import dev.atlas.replica.transfer.StateServer;
import dev.atlas.replica.transfer.StateTransfer;
import dev.atlas.replica.transfer.TransferSettings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a transfer begins, and how it ends with its replica. */
@Timeout(60)
class TransferPhaseTest {

    private static final ReplicaId SELF = new ReplicaId(0);
    private static final List<ReplicaId> OTHERS = List.of(new ReplicaId(1), new ReplicaId(2), new ReplicaId(3));
    private static final List<ReplicaId> MEMBERS = List.of(SELF, OTHERS.get(0), OTHERS.get(1), OTHERS.get(2));
    private static final CheckpointCertificate NEEDED = new CheckpointCertificate(List.of(
            Signed.of(SELF, new Checkpoint(0, 8, Digest.ZERO, Digest.ZERO, 0), ByteString.EMPTY, ByteString.EMPTY)));

    private final SystemEnvironment environment = SystemEnvironment.create("transfer-phase-test", 1);
    private final Supervisor threads = new Supervisor(environment, "transfer-phase-test", Duration.ofSeconds(30));
    private final Mailbox<Lane, Letter> mailbox = new Mailbox<>(Lane.class, lane -> 16);
    private final BlockingQueue<NodeId> asked = new LinkedBlockingQueue<>();
    private final TransferPhase phase = phase(new Recorder(), new RefusingExecutor());

    @AfterEach
    void close() {
        phase.close();
        threads.close();
        environment.close();
    }

    private TransferPhase phase(OutgoingStub stub, RefusingExecutor executor) {
        return new TransferPhase(
                environment,
                threads,
                mailbox,
                new DecisionFeed(new InMemoryLog(), executor, 8, 16),
                new StateServer(environment, SELF, MEMBERS, stub, executor, 1 << 20, 1),
                new StateTransfer(
                        environment,
                        SELF,
                        MEMBERS,
                        stub,
                        certificate -> true,
                        executor,
                        TransferSettings.over(NetworkConfig.DEFAULT)));
    }

    /** Once its thread runs, nothing else would keep it from asking before it ends. */
    @Test
    void aTransferAsksForNothingBeforeWhatWasStoredIsInTheExecutorAndIsEndedByAClose() throws Exception {
        assertThat(phase.start(NEEDED)).isTrue();
        threads.close();
        assertThat(asked).isEmpty();
        List<Letter> letters = new ArrayList<>();
        assertThat(mailbox.drain(letters, Lane.values().length)).isTrue();
        assertThat(letters).containsExactly(new Letter.TransferEnded());
    }

    @Test
    void aTransferThatHasWaitedForWhatWasStoredAsksEveryone() throws Exception {
        assertThat(phase.start(NEEDED)).isTrue();
        phase.replayed();
        answerWhetherItIsWanted(true);
        for (ReplicaId other : OTHERS) {
            assertThat(asked.poll(30, TimeUnit.SECONDS)).isEqualTo(other);
        }
    }

    @Test
    void aTransferThatIsNotNeededAnyMoreWhenItMayBeginEndsAndAsksNobody() throws Exception {
        assertThat(phase.start(NEEDED)).isTrue();
        phase.replayed();
        answerWhetherItIsWanted(false);
        assertThat(nextLetter()).isEqualTo(new Letter.TransferEnded());
        assertThat(asked).isEmpty();
    }

    private void answerWhetherItIsWanted(boolean isWanted) throws InterruptedException {
        assertThat(nextLetter()).isInstanceOfSatisfying(Letter.StateWanted.class, question -> {
            assertThat(question.certificate()).isEqualTo(NEEDED);
            question.answer().complete(isWanted);
        });
    }

    private Letter nextLetter() throws InterruptedException {
        List<Letter> letters = new ArrayList<>();
        assertThat(mailbox.drain(letters, Lane.values().length)).isTrue();
        assertThat(letters).hasSize(1);
        return letters.getFirst();
    }

    private final class Recorder implements SendingStub {

        @Override
        public boolean send(NodeId to, ByteBuffer payload) {
            return asked.add(to);
        }
    }
}
