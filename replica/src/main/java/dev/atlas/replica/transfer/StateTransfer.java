package dev.atlas.replica.transfer;

import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.statetransfer.StateTransferMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.StateTransferCodec;
import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import dev.atlas.replica.metrics.StateTransferEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This replica's state transfers, both ways: one thread fetches when the orchestrator says that a state is needed, and tries until one is installed, each
 * time the newest that is certified by then; others serve. Thread-safe.
 */
public final class StateTransfer {

    private static final Logger LOG = LoggerFactory.getLogger(StateTransfer.class);

    /** How long a source may take to answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Backoff.Policy RETRY = new Backoff.Policy(Duration.ofMillis(100), Duration.ofSeconds(2));

    private final Environment environment;
    private final Submitter executor;
    private final StateTransferPort states;
    private final OutgoingStub out;
    private final List<ReplicaId> peers;
    private final Consumer<CheckpointCertificate> installed;
    private final StateServer server;
    private final LongAdder malformed = new LongAdder();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by {@link #lock}, like all below. */
    private Optional<CheckpointCertificate> needed = Optional.empty();

    private Optional<StateFetch> running = Optional.empty();
    private boolean closed;

    /** Queues work for the executor behind all decisions made so far; blocks while the queue is full. */
    @FunctionalInterface
    public interface Submitter {
        void submit(ExecutionRequest request) throws InterruptedException;
    }

    /**
     * @param peers the other members
     * @param installed told after each installation, on the fetching thread
     */
    public StateTransfer(
            Environment environment,
            Submitter executor,
            StateTransferPort states,
            OutgoingStub out,
            List<ReplicaId> peers,
            Consumer<CheckpointCertificate> installed) {
        this.environment = environment;
        this.executor = executor;
        this.states = states;
        this.out = out;
        this.peers = List.copyOf(peers);
        this.installed = installed;
        this.server = new StateServer(this.peers, states, out);
    }

    public void start(Supervisor threads) {
        server.start(threads);
        threads.keepRunning("state-transfer", RETRY, this::run);
    }

    /** Starts a transfer to this checkpoint or a newer one, unless one is under way, which then aims at the newer one when it has to try again. */
    public void need(CheckpointCertificate certificate) {
        lock.lock();
        try {
            if (needed.map(older -> sequence(older) < sequence(certificate)).orElse(true)) {
                needed = Optional.of(certificate);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** A newer checkpoint became stable: what is needed, if anything is, is better fetched there. */
    public void stable(CheckpointCertificate certificate) {
        lock.lock();
        try {
            if (needed.isPresent()) {
                need(certificate);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Messages from the network that were none. */
    public long malformed() {
        return malformed.sum();
    }

    /** What peers ask and answer, on their reader threads. */
    public void receive(NodeId from, List<ByteBuffer> messages) {
        for (ByteBuffer message : messages) {
            if (from instanceof ReplicaId peer
                    && peers.contains(peer)
                    && StateTransferCodec.decode(message)
                            instanceof Decoded.Value<StateTransferMessage>(StateTransferMessage value)) {
                receive(peer, value);
            } else {
                malformed.increment();
            }
        }
    }

    private void receive(ReplicaId from, StateTransferMessage message) {
        switch (message) {
            case StateTransferMessage.AskDescriptor ask -> server.ask(from, ask);
            case StateTransferMessage.AskParts ask -> server.ask(from, ask);
            case StateTransferMessage.Descriptor answer -> answered(from, answer);
            case StateTransferMessage.NoState answer -> answered(from, answer);
            case StateTransferMessage.Part answer -> answered(from, answer);
        }
    }

    private void answered(ReplicaId from, StateTransferMessage answer) {
        Optional<StateFetch> fetch;
        lock.lock();
        try {
            fetch = running;
        } finally {
            lock.unlock();
        }
        fetch.ifPresent(present -> present.received(from, answer));
    }

    private void run() throws InterruptedException {
        Backoff backoff = new Backoff(RETRY, environment.random());
        for (Optional<CheckpointCertificate> target = awaitNeed(); target.isPresent(); target = awaitNeed()) {
            if (fetch(target.get())) {
                backoff.reset();
            } else {
                environment.sleep(backoff.next());
            }
        }
    }

    /** Empty once closed. */
    private Optional<CheckpointCertificate> awaitNeed() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (needed.isEmpty() && !closed) {
                changed.await();
            }
            return closed ? Optional.empty() : needed;
        } finally {
            lock.unlock();
        }
    }

    private boolean fetch(CheckpointCertificate certificate) throws InterruptedException {
        Checkpoint certified = certificate.checkpoints().getFirst().content();
        StateTransferEvent event = new StateTransferEvent();
        event.begin();
        StateFetch fetch = new StateFetch(environment, states, out, peers, certified, PATIENCE);
        CompletableFuture<StateInstallation> outcome = new CompletableFuture<>();
        setRunning(Optional.of(fetch));
        try {
            executor.submit(new ExecutionRequest.PollStateChannel(outcome::complete));
            boolean complete = fetch.run();
            if (!complete && !outcome.isDone()) {
                states.transfer(new StatePiece.Abort());
            }
            StateInstallation result = outcome.get();
            event.sequence = certified.sequence();
            event.bytes = fetch.fetchedBytes();
            event.outcome = result.getClass().getSimpleName();
            event.commit();
            return switch (result) {
                case StateInstallation.Installed ignored -> {
                    LOG.info(
                            "installed the state at {}, {} bytes of it fetched",
                            certified.sequence(),
                            fetch.fetchedBytes());
                    done(certificate);
                    yield true;
                }
                case StateInstallation.Refused refused -> {
                    LOG.info("no state at {} yet: {}", certified.sequence(), refused.reason());
                    yield false;
                }
            };
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        } finally {
            fetch.close();
            setRunning(Optional.empty());
        }
    }

    private void done(CheckpointCertificate certificate) {
        lock.lock();
        try {
            needed = Optional.empty();
        } finally {
            lock.unlock();
        }
        installed.accept(certificate);
    }

    private void setRunning(Optional<StateFetch> fetch) {
        lock.lock();
        try {
            running = fetch;
        } finally {
            lock.unlock();
        }
    }

    private static long sequence(CheckpointCertificate certificate) {
        return certificate.checkpoints().getFirst().content().sequence();
    }

    /** Ends the fetching; threads end with their supervisor. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            running.ifPresent(StateFetch::close);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        server.close();
    }
}
