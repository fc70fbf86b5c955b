package dev.atlas.replica.orchestrator;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorStatus;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.ordering.pbft.Pbft;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.core.wire.MembershipVerifier;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.executor.StateMachineExecutor;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.reply.ReplicaReplier;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.env.Timers;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.metrics.ReplicaFailureEvent;
import dev.atlas.replica.storage.Disk;
import dev.atlas.replica.storage.JournaledDisk;
import dev.atlas.replica.storage.LevelDbDisk;
import dev.atlas.replica.transfer.StateServer;
import dev.atlas.replica.transfer.StateTransfer;
import dev.atlas.replica.transfer.TransferInbox;
import dev.atlas.replica.transfer.TransferSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica of an application, with any of the four executors.
 *
 * <p>{@link #bootstrap} builds and starts it, {@link #run} blocks until it ends, {@link #close} ends it. Thread-safe.
 */
public final class MonolithicReplica implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MonolithicReplica.class);
    private static final int LETTERS_PER_PEER = 1024;
    private static final int CONTROL_LETTERS = 1 << 17;
    private static final Duration STATUS_DEADLINE = Duration.ofSeconds(5);
    private static final Duration INSTALLING_PATIENCE = Duration.ofMillis(200);

    private final ReplicaConfig config;
    private final Environment environment;
    private final boolean ownsEnvironment;
    private final NetworkNode network;
    private final Supervisor threads;
    private final Mailbox<Lane, Letter> mailbox;
    private final RequestPreProcessor requests;
    private final StateMachineExecutor<?, ?, ?> executor;
    private final DecisionFeed decisions;
    private final Storage storage;
    private final Replay replay;
    private final PeerOutbox outbox;
    private final SettingsComparison settings;
    private final PeerInbox peerInbox;
    private final ClientInbox clientInbox;
    private final TransferPhase transfers;
    private final TransferInbox transferInbox;
    private final Orchestrator orchestrator;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicReference<ExecutorStatus> lastAnswer =
            new AtomicReference<>(new ExecutorStatus(0, Digest.ZERO, 0, 0));
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Consumer<VirtualMachineError> fatal = this::failFatally;

    /** Ends the wait of each who asks for the status: the timers, which end it otherwise, end with the replica. */
    private final Set<Runnable> asking = ConcurrentHashMap.newKeySet();

    private MonolithicReplica(
            ReplicaConfig config,
            ExecutorFactory executors,
            Environment environment,
            boolean ownsEnvironment,
            NetworkNode network,
            Storage storage,
            Undo undo) {
        this.config = config;
        this.environment = environment;
        this.ownsEnvironment = ownsEnvironment;
        this.network = network;
        this.threads = new Supervisor(environment, "replica", config.closeDeadline());
        int members = config.membership().members().size();
        this.mailbox = new Mailbox<>(Lane.class, lane -> switch (lane) {
            case CONTROL -> CONTROL_LETTERS;
            case TIMEOUTS ->
                (int) Math.min(CONTROL_LETTERS, 1024 + 4 * config.ordering().window());
            case VOTES, PROPOSALS -> 2 * members * LETTERS_PER_PEER;
        });
        NetworkReplyNode replies = new NetworkReplyNode(network.outgoing(ModuleId.APPLICATION));
        this.storage = storage.withoutBatches();
        ReplicaEvents events = new ReplicaEvents(mailbox, storage.log());
        this.executor = undo.add(executors.start(
                environment,
                config.sessions(),
                Hasher.hash(config.membership().toString().getBytes(StandardCharsets.UTF_8)),
                new ReplicaReplier(config.membership().epoch(), replies),
                events));
        executor.answerUnorderedFrom(storage.start().answered());
        events.executor(executor);
        this.requests = new RequestPreProcessor(
                environment,
                config.requests(),
                config.mostRetainedBytes(),
                config.membership().quorums(),
                new BundleCodec(config.clusterId()),
                new BundleVerifier(config.scheme(), config.clusterId()),
                replies,
                events);
        events.requests(requests);
        this.outbox = new PeerOutbox(config.self(), config.membership().ids(), network.outgoing(ModuleId.PROTOCOL));
        InboundBudget budget = new InboundBudget(config.membership().ids(), LETTERS_PER_PEER);
        this.settings = new SettingsComparison(config.self(), config.sharedSettings(executor.partsInAnyOrder()));
        this.peerInbox = new PeerInbox(
                config.self(),
                environment,
                mailbox,
                budget,
                new MembershipVerifier(config.scheme(), config.clusterId(), config.membership()),
                requests,
                outbox,
                settings);
        this.clientInbox = new ClientInbox(requests, Math.max(1, environment.computeParallelism() / 2));
        storage.batches()
                .forEach(held -> requests.restore(held.batch(), held.bundles(), held.verified(), held.decided()));
        this.replay = new Replay(
                storage.history(), executor, executor, events, config.ordering().checkpointPeriod());
        this.decisions =
                new DecisionFeed(storage.log(), executor, config.ordering().checkpointPeriod(), (int)
                        Math.min(1 << 20, 4 * config.ordering().window()));
        MembershipVerifier certificates =
                new MembershipVerifier(config.scheme(), config.clusterId(), config.membership());
        StateServer states = new StateServer(
                environment,
                config.self(),
                config.membership().ids(),
                network.outgoing(ModuleId.STATE_TRANSFER),
                executor,
                config.network().limits().transferFrame(),
                config.servingShare());
        StateTransfer stateTransfer = new StateTransfer(
                environment,
                config.self(),
                config.membership().ids(),
                network.outgoing(ModuleId.STATE_TRANSFER),
                certificates::verify,
                executor,
                TransferSettings.over(config.network()));
        this.transferInbox = new TransferInbox(states, stateTransfer);
        this.transfers = new TransferPhase(environment, threads, mailbox, decisions, states, stateTransfer);
        this.orchestrator = new Orchestrator(
                config.self(),
                environment,
                mailbox,
                budget,
                new Pbft(
                        config.self(),
                        config.membership(),
                        config.ordering(),
                        new ReplicaSigner(config.self(), config.clusterId(), config.keys()),
                        storage.start()),
                storage.log(),
                outbox,
                requests,
                decisions,
                transfers,
                new CatchUpReport(
                        config.self(),
                        environment.clock(),
                        config.membership().quorums(),
                        config.ordering().checkpointPeriod()),
                config.ordering(),
                config.retainedBytes());
    }

    /**
     * Starts a replica with real threads over TLS, or over plain TCP if the configuration asks for it.
     *
     * @throws java.io.UncheckedIOException naming the address, if it cannot listen there
     * @throws ReplicaFailure if its directory cannot be used; the message says what to do
     */
    public static <S extends MonolithicState, Q, R> MonolithicReplica bootstrap(
            ReplicaConfig config, Application<S, Q, R> application) {
        return bootstrap(config, SingleThreadedMonolithicExecutor.of(application));
    }

    /** The same with an executor of the caller's choice: the application is the executor's. */
    public static MonolithicReplica bootstrap(ReplicaConfig config, ExecutorFactory executors) {
        Environment environment = SystemEnvironment.create(config.self().toString());
        return open(
                config,
                executors,
                environment,
                true,
                () -> overTcp(config, environment),
                () -> disk(config, environment));
    }

    private static NetworkNode overTcp(ReplicaConfig config, Environment environment) {
        TcpTransport tcp = new TcpTransport();
        return new BlockingNetworkNode(
                environment,
                config.network().plaintext() ? tcp : new TlsTransport(tcp, config.keys()),
                LocalIdentity.replica(config.clusterId(), config.self(), config.scheme(), config.keys()),
                config.peers(),
                config.network(),
                config.listenOn());
    }

    /**
     * Starts a replica on a given environment and network, neither started; the network is closed with the replica, or if it does not start; the environment is
     * not.
     */
    public static <S extends MonolithicState, Q, R> MonolithicReplica bootstrap(
            ReplicaConfig config, Application<S, Q, R> application, Environment environment, NetworkNode network) {
        return bootstrap(config, SingleThreadedMonolithicExecutor.of(application), environment, network);
    }

    /** The same with an executor of the caller's choice: the application is the executor's. */
    public static MonolithicReplica bootstrap(
            ReplicaConfig config, ExecutorFactory executors, Environment environment, NetworkNode network) {
        return open(config, executors, environment, false, () -> network, () -> disk(config, environment));
    }

    /** The same with a disk of the caller's choice. */
    public static MonolithicReplica bootstrap(
            ReplicaConfig config, ExecutorFactory executors, Environment environment, NetworkNode network, Disk disk) {
        return open(config, executors, environment, false, () -> network, () -> Optional.of(disk));
    }

    /** Only {@code STRICT} waits for its writes, and only it gains by a journal. */
    private static Optional<Disk> disk(ReplicaConfig config, Environment environment) {
        return config.directory()
                .map(directory -> config.durability() == DurabilityMode.STRICT
                        ? new JournaledDisk(directory, environment)
                        : new LevelDbDisk(directory));
    }

    private static MonolithicReplica open(
            ReplicaConfig config,
            ExecutorFactory executors,
            Environment environment,
            boolean ownsEnvironment,
            Supplier<NetworkNode> networks,
            Supplier<Optional<? extends Disk>> disks) {
        Undo undo = new Undo();
        MonolithicReplica replica;
        try {
            if (ownsEnvironment) {
                undo.add(environment);
            }
            NetworkNode network = undo.add(networks.get());
            Storage storage = Storage.open(environment, config, disks.get());
            undo.add(storage.log());
            replica = new MonolithicReplica(config, executors, environment, ownsEnvironment, network, storage, undo);
        } catch (RuntimeException | Error failure) {
            undo.close(failure);
            throw failure;
        }
        return start(replica);
    }

    private static MonolithicReplica start(MonolithicReplica replica) {
        Undo undo = new Undo();
        undo.add(replica);
        try {
            replica.start();
            return replica;
        } catch (RuntimeException | Error failure) {
            undo.close(failure);
            throw failure;
        }
    }

    private void start() {
        environment.fatalErrors().listen(fatal);
        network.incoming(ModuleId.PROTOCOL).receiver(peerInbox::receive);
        network.incoming(ModuleId.APPLICATION).receiver(clientInbox::receive);
        network.incoming(ModuleId.STATE_TRANSFER).receiver(transferInbox::receive);
        transfers.serve();
        network.onPeerChange(new PeerWatch());
        storage.onFailure(cause -> mailbox.offer(Lane.CONTROL, new Letter.Failed("the storage", cause)));
        requests.start();
        threads.start("decisions", this::feedDecisions);
        threads.start("orchestrator", this::orchestrate);
        network.start();
        LOG.info(
                "{} of {} listens on {}, durability {}{}{}",
                config.self(),
                config.membership().members().size(),
                network.listening(),
                config.durability(),
                config.directory().map(path -> " in " + path.toAbsolutePath()).orElse(""),
                storage.start().votes()
                        ? ""
                        : "; a learner: it executes and does not vote, because it may have forgotten its votes");
    }

    /** Without it nothing executes any more, so its failure is the replica's, as is an interrupt that is not a close's. */
    private void feedDecisions() throws InterruptedException {
        try {
            replay.run();
            transfers.replayed();
            decisions.run();
        } catch (InterruptedException interrupted) {
            if (!isClosed()) {
                mailbox.offer(Lane.CONTROL, new Letter.Failed("the decision feed", interrupted));
            }
            throw interrupted;
        } catch (RuntimeException | Error cause) {
            mailbox.offer(Lane.CONTROL, new Letter.Failed("the decision feed", cause));
        }
    }

    private void orchestrate() throws InterruptedException {
        try {
            orchestrator.run();
        } catch (InterruptedException interrupted) {
            if (!isClosed()) {
                fail(new ReplicaFailure("the orchestrator was interrupted", interrupted));
            }
            throw interrupted;
        } catch (RuntimeException | Error cause) {
            fail(cause);
        }
    }

    /** Past the mailbox: nobody knows whether its owner still runs. */
    private void failFatally(VirtualMachineError error) {
        fail(new ReplicaFailure("the virtual machine failed with " + error, error));
    }

    private void fail(Throwable cause) {
        if (!failure.compareAndSet(null, cause)) {
            return;
        }
        try {
            ReplicaFailureEvent event = new ReplicaFailureEvent();
            event.replica = config.self().toString();
            event.cause = cause.toString();
            event.commit();
            LOG.error("{} stops", config.self(), cause);
            closeLater();
        } catch (VirtualMachineError again) {
            // Not even that can be done in an orderly way: whoever waits in run learns why, and ends the process.
            ended.complete(true);
        }
    }

    /** From a thread that the close below waits for. */
    private void closeLater() {
        environment.virtualThreads("closer").newThread(this::close).start();
    }

    /**
     * Blocks until the replica has ended.
     *
     * @throws ReplicaFailure if it did not end by {@link #close}
     */
    public void run() throws InterruptedException {
        try {
            ended.get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
        Throwable cause = failure.get();
        if (cause != null) {
            throw new ReplicaFailure(config.self() + " has failed: " + cause.getMessage(), cause);
        }
    }

    public ReplicaId id() {
        return config.self();
    }

    /** Where it listens. */
    public List<NodeAddress> listening() {
        return network.listening();
    }

    /** The network's face, for status and tests. */
    public NetworkNode network() {
        return network;
    }

    public boolean isClosed() {
        return closing.get();
    }

    /**
     * What the replica is doing; also hashes the state, which takes time with a large one, and where that is no snapshot, execution waits meanwhile. While the executor waits for a state that is being fetched, it is
     * shown as it was when it answered last.
     *
     * @throws IllegalStateException if it is closed, or so stuck that it does not answer within five seconds
     */
    public ReplicaStatus status() throws InterruptedException {
        CompletableFuture<OrchestratorStatus> orchestratorStatus = new CompletableFuture<>();
        CompletableFuture<ExecutorStatus> executorStatus = new CompletableFuture<>();
        mailbox.offer(Lane.CONTROL, new Letter.StatusAsked(orchestratorStatus));
        executor.offer(new ExecutionRequest.Read(executorStatus::complete));
        Runnable giveUp = () -> {
            IllegalStateException stuck = new IllegalStateException(
                    config.self() + " does not answer: " + (isClosed() ? "it is closed" : "it is stuck"));
            orchestratorStatus.completeExceptionally(stuck);
            executorStatus.completeExceptionally(stuck);
        };
        Timers.Timer deadline = environment.timers().schedule(STATUS_DEADLINE, giveUp);
        Timers.Timer patience = environment.timers().schedule(INSTALLING_PATIENCE, () -> {
            if (orchestratorStatus.isDone()
                    && !orchestratorStatus.isCompletedExceptionally()
                    && orchestratorStatus.join().needsState()) {
                executorStatus.complete(lastAnswer.get());
            }
        });
        asking.add(giveUp);
        if (isClosed()) {
            giveUp.run(); // whoever closes it may have looked before
        }
        try {
            lastAnswer.set(executorStatus.get());
            return new ReplicaStatus(
                    orchestratorStatus.get(),
                    executorStatus.get(),
                    network.connected(),
                    requests.waiting(),
                    decisions.depth(),
                    executor.depth(),
                    requests.counters().snapshot(),
                    Map.of(
                            "malformed from peers", peerInbox.malformed(),
                            "fetches beyond the allowance", peerInbox.excessiveFetches(),
                            "answers put off while enough was on its way", outbox.answersPutOff(),
                            "bad signatures from peers", peerInbox.badSignatures(),
                            "from strangers", peerInbox.strangers(),
                            "malformed from clients", clientInbox.malformed(),
                            "transfer messages refused", transferInbox.refused()),
                    settings.differences());
        } catch (ExecutionException stuck) {
            throw new IllegalStateException(stuck.getCause());
        } finally {
            asking.remove(giveUp);
            deadline.cancel();
            patience.cancel();
        }
    }

    /**
     * Ends every thread within the configured deadline, but for the storage, which first writes what is queued: a slow disk may take minutes. Where something cannot
     * be closed the rest is, and the first failure thrown after it. Idempotent.
     */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        try {
            parts().close();
            LOG.info("{} is closed", config.self());
        } finally {
            ended.complete(true);
        }
    }

    /** The last is closed first: nothing comes in any more, then what is under way ends, then what it stands on. */
    private Undo parts() {
        Undo parts = new Undo();
        if (ownsEnvironment) {
            parts.add(environment);
        }
        parts.add(() -> asking.forEach(Runnable::run));
        parts.add(() -> environment.fatalErrors().forget(fatal));
        parts.add(storage.log());
        parts.add(threads);
        parts.add(executor);
        parts.add(decisions::close);
        parts.add(mailbox::close);
        parts.add(requests);
        parts.add(transfers::close);
        parts.add(network);
        return parts;
    }

    private final class PeerWatch implements NetworkNode.PeerListener {

        @Override
        public void up(NodeId peer) {
            if (peer instanceof ReplicaId replica && config.membership().contains(replica)) {
                outbox.send(replica, settings.announcement());
                mailbox.offer(Lane.VOTES, new Letter.Happened(now -> new OrderingEvent.PeerUp(now, replica)));
            }
        }

        @Override
        public void down(NodeId peer) {
            // STATUS and timeouts notice what matters.
        }
    }
}
