package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Effects;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.ordering.OrderingProtocol;
import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.storage.PersistentLog;
import dev.atlas.core.types.Quorums;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.SendingStub;
import dev.atlas.replica.storage.InMemoryLog;
import dev.atlas.replica.transfer.StateServer;
import dev.atlas.replica.transfer.StateTransfer;
import dev.atlas.replica.transfer.TransferSettings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits while the disk does not answer. The protocol is a script: one message is to be durable first, others are answered or reported. */
@Timeout(60)
class OrchestratorTest {

    private static final ReplicaId SELF = new ReplicaId(0);
    private static final ReplicaId PEER = new ReplicaId(1);
    private static final List<ReplicaId> MEMBERS = List.of(SELF, PEER, new ReplicaId(2), new ReplicaId(3));
    private static final OrderingMessage VOTE = new OrderingMessage.Commit(0, 0, 1, Digest.ZERO);
    private static final OrderingMessage QUESTION = new OrderingMessage.FetchBatches(List.of());
    private static final OrderingMessage NONSENSE = new OrderingMessage.FetchBodies(List.of());
    private static final OrderingMessage ANSWER = new OrderingMessage.Prepare(0, 0, 1, Digest.ZERO);
    private static final int MANY = 3 * Orchestrator.MOST_WAITING;

    private final SystemEnvironment environment = SystemEnvironment.create("orchestrator-test", 1);
    private final Supervisor threads = new Supervisor(environment, "orchestrator-test", Duration.ofSeconds(30));
    private final Mailbox<Lane, Letter> mailbox = new Mailbox<>(Lane.class, lane -> 2 * MANY);
    private final BlockedLog log = new BlockedLog();
    private final Recorder sent = new Recorder();
    private final RequestPreProcessor requests = new RequestPreProcessor(
            environment,
            PreProcessingConfig.defaults(),
            1 << 20,
            new Quorums(4),
            new BundleCodec("orchestrator"),
            new BundleVerifier(new Ed25519Scheme(), "orchestrator"),
            new NoReplies(),
            new ReplicaEvents(mailbox, log));
    private final Orchestrator orchestrator = orchestrator();
    private final Thread thread = Thread.ofVirtual().unstarted(this::run);

    private Orchestrator orchestrator() {
        RefusingExecutor executor = new RefusingExecutor();
        DecisionFeed decisions = new DecisionFeed(new InMemoryLog(), executor, 8, 16);
        return new Orchestrator(
                SELF,
                environment,
                mailbox,
                new InboundBudget(MEMBERS, 1),
                new Script(),
                log,
                new PeerOutbox(SELF, MEMBERS, sent),
                requests,
                decisions,
                new TransferPhase(
                        environment,
                        threads,
                        mailbox,
                        decisions,
                        new StateServer(environment, SELF, MEMBERS, sent, executor, 1 << 20, 1),
                        new StateTransfer(
                                environment,
                                SELF,
                                MEMBERS,
                                sent,
                                certificate -> true,
                                executor,
                                TransferSettings.over(NetworkConfig.DEFAULT))),
                new CatchUpReport(SELF, environment.clock(), new Quorums(4), 8),
                PbftConfig.defaults(),
                1 << 20);
    }

    private void run() {
        try {
            orchestrator.run();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        mailbox.close();
        thread.join();
        requests.close();
        threads.close();
        environment.close();
    }

    private void post(OrderingMessage message, int times) {
        for (int time = 0; time < times; time++) {
            assertThat(mailbox.offer(Lane.VOTES, new Letter.Message(PEER, message, 1)))
                    .isTrue();
        }
    }

    /** Returns when it waits for letters, having taken what it takes. */
    private void awaitParked() {
        while (thread.getState() != Thread.State.WAITING) {
            assertThat(thread.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }

    private OrchestratorStatus status() throws Exception {
        CompletableFuture<OrchestratorStatus> answer = new CompletableFuture<>();
        assertThat(mailbox.offer(Lane.CONTROL, new Letter.StatusAsked(answer))).isTrue();
        return answer.get(30, TimeUnit.SECONDS);
    }

    /** A backup's memory is not for a faulty primary to fill; null batches lead to the next checkpoint, which frees some. */
    @Test
    void aProposalForWhichThereIsNoMemoryIsPutOffUnlessItNeedsNone() throws Exception {
        requests.bodies().await(Batches.of(1, names(5000)), true, 1);
        assertThat(requests.bodies().isFull()).isTrue();
        post(new OrderingMessage.PrePrepare(0, 0, 1, Batches.of(1, names(1))), 2);
        post(new OrderingMessage.PrePrepare(0, 0, 1, Batches.NULL), 3);
        thread.start();
        awaitParked();
        OrchestratorStatus status = status();
        assertThat(status.proposalsPutOff()).isEqualTo(2);
        assertThat(status.misbehaviour().values()).as("what came through").containsExactly(3L);
    }

    private static List<Digest> names(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> new Digest(number, 1, 1, 1))
                .toList();
    }

    /** Each question would leave an answer that waits; a disk may need minutes, and who asks is not limited by it. */
    @Test
    void whileMuchWaitsForTheDiskWhatOthersSendStaysInItsLanes() throws Exception {
        post(VOTE, 1);
        post(QUESTION, MANY);
        thread.start();
        awaitParked();
        assertThat(mailbox.depth(Lane.VOTES)).isGreaterThan(MANY / 2);
        assertThat(status().awaitingDurability()).isBetween(Orchestrator.MOST_WAITING / 4, Orchestrator.MOST_WAITING);

        CompletableFuture<Boolean> timeout = new CompletableFuture<>();
        assertThat(mailbox.offer(Lane.TIMEOUTS, new Letter.Happened(now -> {
                    timeout.complete(true);
                    return new OrderingEvent.MemoryFull(now);
                })))
                .isTrue();
        assertThat(timeout.get(30, TimeUnit.SECONDS)).as("timeouts go on").isTrue();
        assertThat(sent.answers.availablePermits()).isZero();

        log.answer();
        assertThat(sent.answers.tryAcquire(MANY, 30, TimeUnit.SECONDS))
                .as("all are answered when the disk has")
                .isTrue();
        OrchestratorStatus after = status();
        assertThat(after.awaitingDurability()).isZero();
        assertThat(after.mailbox()).containsEntry("VOTES", 0);
    }

    @Test
    void whatIsOnlyToBeReportedDoesNotWaitForTheDisk() throws Exception {
        post(VOTE, 1);
        post(NONSENSE, MANY);
        post(QUESTION, 1);
        thread.start();
        awaitParked();
        OrchestratorStatus status = status();
        assertThat(status.misbehaviour()).containsEntry(PEER + " MALFORMED", (long) MANY);
        assertThat(status.mailbox()).containsEntry("VOTES", 0);
        assertThat(status.awaitingDurability()).as("the vote and the answer").isEqualTo(2);
        assertThat(sent.answers.availablePermits()).isZero();
        log.answer();
        assertThat(sent.answers.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
    }

    private static final class Script implements OrderingProtocol {

        @Override
        public Effects handle(OrderingEvent event) {
            if (!(event instanceof OrderingEvent.Received received)) {
                return Effects.NONE;
            }
            if (received.message().equals(VOTE)) {
                return group(List.of(new LogRecord.Prepared(0, 1, Digest.ZERO)), List.of());
            }
            Action action = received.message().equals(QUESTION)
                    ? new Action.Send(received.from(), ANSWER)
                    : new Action.Report(received.from(), Action.Misbehaviour.MALFORMED);
            return group(List.of(), List.of(action));
        }

        private static Effects group(List<LogRecord> records, List<Action> actions) {
            return new Effects(List.of(new Effects.Group(records, actions)));
        }

        @Override
        public boolean readyForBatch() {
            return false;
        }

        @Override
        public boolean wants(CheckpointCertificate state) {
            return false;
        }

        @Override
        public OrderingStatus status() {
            return new OrderingStatus(0, 0, true, false, PEER, 0, 0, 0, List.of());
        }
    }

    /** Makes one group durable when it is told to. */
    private static final class BlockedLog implements PersistentLog {

        private final BlockingQueue<Runnable> appended = new LinkedBlockingQueue<>();

        void answer() throws InterruptedException {
            appended.take().run();
        }

        @Override
        public void append(List<LogRecord> records, List<RequestBundle> bodies, Runnable durable) {
            appended.add(durable);
        }

        @Override
        public void decided(DecidedBatch batch) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkpoint(Optional<CheckpointSnapshot> state, Runnable durable) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void installed(CheckpointSnapshot state) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private static final class Recorder implements SendingStub {

        private final Semaphore answers = new Semaphore(0);

        @Override
        public boolean send(NodeId to, ByteBuffer payload) {
            answers.release();
            return true;
        }
    }
}
