package dev.atlas.replica.orchestrator;

import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.concurrent.TaskScope;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.transfer.StateInstaller;
import dev.atlas.replica.transfer.StateServer;
import dev.atlas.replica.transfer.StateTransfer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The orchestrator's transfers: NOT_RUNNING, or RUNNING with a scope of its own in which blocking code fetches a state, again and with other sources until it
 * has one or is not needed any more. Serving others goes on beside. The state of the phase is owned by the orchestrator's thread.
 */
final class TransferPhase implements StateInstaller {

    private static final Backoff.Policy RETRY = new Backoff.Policy(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final Environment environment;
    private final Supervisor threads;
    private final Mailbox<Lane, Letter> mailbox;
    private final DecisionFeed decisions;
    private final StateServer server;
    private final StateTransfer transfer;

    /** Opened when what was stored is in the executor: until then its one state channel is not a transfer's. */
    private final CountDownLatch replayed = new CountDownLatch(1);

    private Phase phase = Phase.NOT_RUNNING;

    private enum Phase {
        NOT_RUNNING,
        RUNNING
    }

    TransferPhase(
            Environment environment,
            Supervisor threads,
            Mailbox<Lane, Letter> mailbox,
            DecisionFeed decisions,
            StateServer server,
            StateTransfer transfer) {
        this.environment = environment;
        this.threads = threads;
        this.mailbox = mailbox;
        this.decisions = decisions;
        this.server = server;
        this.transfer = transfer;
    }

    /** What was stored is in the executor: transfers that wait for that go on. For any thread. */
    void replayed() {
        replayed.countDown();
    }

    /** Begins to answer others. */
    void serve() {
        server.start(threads);
    }

    void close() {
        server.close();
        transfer.close();
    }

    void ordered() {
        server.ordered();
    }

    void stable(CheckpointCertificate certificate) {
        server.stable(certificate);
    }

    boolean isRunning() {
        return phase == Phase.RUNNING;
    }

    /** False if a transfer runs already: it takes the highest state that anyone has. */
    boolean start(CheckpointCertificate needed) {
        if (phase == Phase.RUNNING || !threads.start("transfer", () -> supervise(needed))) {
            return false;
        }
        phase = Phase.RUNNING;
        return true;
    }

    void ended() {
        phase = Phase.NOT_RUNNING;
    }

    private void supervise(CheckpointCertificate needed) throws InterruptedException {
        try (TaskScope scope = TaskScope.open(environment, "transfer")) {
            scope.fork(() -> {
                fetch(needed);
                return true;
            });
            scope.join();
        } catch (TaskScope.FailedException failure) {
            if (!(failure.getCause()
                    instanceof InterruptedException)) { // which is how it ends when the replica is closed
                mailbox.offer(Lane.CONTROL, new Letter.Failed("state transfer", failure));
            }
        } finally {
            mailbox.offer(Lane.CONTROL, new Letter.TransferEnded());
        }
    }

    private void fetch(CheckpointCertificate needed) throws InterruptedException {
        replayed.await();
        Backoff backoff = new Backoff(RETRY, environment.random());
        while (wants(needed) && !transfer.run(needed, this)) {
            environment.sleep(backoff.next());
        }
    }

    @Override
    public void certified(ReplicaId from, CheckpointCertificate certificate) {
        mailbox.offer(
                Lane.CONTROL,
                new Letter.Happened(now -> new OrderingEvent.CertificateReceived(now, from, certificate)));
    }

    @Override
    public boolean wants(CheckpointCertificate certificate) throws InterruptedException {
        return ask(answer -> new Letter.StateWanted(certificate, answer));
    }

    @Override
    public boolean prepare(Consumer<StateInstallation> ended) {
        return decisions.install(ended);
    }

    @Override
    public boolean commit(CheckpointCertificate certificate) throws InterruptedException {
        return ask(answer -> new Letter.StateFetched(certificate, answer));
    }

    /** False also if the replica is being closed. */
    private boolean ask(Function<CompletableFuture<Boolean>, Letter> question) throws InterruptedException {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        if (!mailbox.offer(Lane.CONTROL, question.apply(answer))) {
            return false;
        }
        try {
            return answer.get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
