package dev.atlas.it.sim.cluster;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.Membership;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.it.sim.byzantine.DealtPeers;
import dev.atlas.it.sim.byzantine.HostileClient;
import dev.atlas.it.sim.byzantine.InterceptedNode;
import dev.atlas.it.sim.byzantine.Interceptor;
import dev.atlas.it.sim.byzantine.Liar;
import dev.atlas.it.sim.byzantine.RoutedTwins;
import dev.atlas.it.sim.byzantine.Routes;
import dev.atlas.it.sim.byzantine.Trick;
import dev.atlas.it.sim.byzantine.Twins;
import dev.atlas.it.sim.crypto.KeyedHashScheme;
import dev.atlas.it.sim.crypto.RememberingScheme;
import dev.atlas.it.sim.disk.SimDisk;
import dev.atlas.it.sim.network.SimNetwork;
import dev.atlas.it.sim.oracle.ClientOracle;
import dev.atlas.it.sim.oracle.ExecutionOracle;
import dev.atlas.it.sim.oracle.Operation;
import dev.atlas.it.sim.oracle.ReasonOracle;
import dev.atlas.it.sim.oracle.VoteOracle;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.Scheduler;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.it.sim.scheduler.SimulationFailure;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import dev.atlas.replica.orchestrator.ReplicaFailure;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import dev.atlas.replica.storage.Genesis;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A cluster of the key/value store in virtual time, with everything between a client's call and a frame being production code.
 *
 * <p>The thread that makes it drives it: time passes in {@link #run} only. What breaks a rule of the oracles ends the run with a {@link
 * SimulationFailure}.
 */
public final class SimCluster implements AutoCloseable {

    /** What the members of every simulated cluster call it. */
    public static final String CLUSTER_ID = "simulation";

    /** How long a peer may belong to the same twin. */
    private static final long MOST_NANOS_PER_DEAL = 2_000_000_000;

    private static final Duration POLL = Duration.ofMillis(300);
    private static final Duration CALL_DEADLINE = Duration.ofSeconds(30);

    /** That hostile clients write to; correct ones use the first few of them. */
    private static final int MOST_KEYS = 6;

    private final SimOptions options;
    private final Scheduler scheduler;
    private final Randomness random;
    private final SimNetwork network;
    private final SignatureScheme scheme;
    private final List<SignatureScheme.KeyPair> keys = new ArrayList<>();
    private final Membership membership;
    private final Map<String, ReplicaId> replicasByHost = new HashMap<>();
    private final NetworkInformation addresses;
    private final TreeMap<Integer, SimReplica> replicas = new TreeMap<>();
    private final TreeMap<Integer, SimDisk> disks = new TreeMap<>();
    private final TreeSet<Integer> damaged = new TreeSet<>();
    private final List<SimCaller> callers = new ArrayList<>();
    private final List<SimHostile> hostiles = new ArrayList<>();
    private final List<SimPeer> peers = new ArrayList<>();
    private final VoteOracle votes;
    private final ReasonOracle reasons;
    private final Spoken spoken = new Spoken();
    private final ExecutionOracle executions;
    private final ClientOracle clients;
    private long operations;
    private long ended;
    private long lies;
    private long lost;
    private long transferred;
    private double messageLoss;
    private boolean stopping;
    private Consumer<String> told = unused -> {};
    private boolean telling;

    private Routes routes = Routes.ALL;

    private final Observer.Traffic traffic = new Observer.Traffic() {
        @Override
        public double loss() {
            return messageLoss;
        }

        @Override
        public boolean passes(ReplicaId from, ReplicaId to, OrderingMessage message) {
            return routes.passes(from.number(), to.number(), message)
                    || (options.twins().contains(to.number())
                            && routes.passes(from.number(), options.replicas(), message));
        }

        @Override
        public void lost() {
            lost++;
        }

        @Override
        public void transferred() {
            transferred++;
        }

        @Override
        public void said(ReplicaId from, NodeId to, OrderingMessage message) {
            if (telling) {
                told(() -> from + " to " + to + ": " + message);
            }
        }
    };

    private SimCluster(SimOptions options, long seed) {
        this.options = options;
        this.random = new Randomness(seed);
        this.scheduler = new Scheduler(random.split("scheduler"));
        this.network = new SimNetwork(scheduler, random.split("network"), options.pipeBytes());
        this.scheme = options.realSignatures() ? new RememberingScheme(new Ed25519Scheme()) : new KeyedHashScheme();
        this.messageLoss = options.messageLoss();
        List<Membership.Member> members = new ArrayList<>();
        List<NodeInfo> nodes = new ArrayList<>();
        SimProcess keyMaker = scheduler.process("keys", 1);
        for (int number = 0; number < options.replicas(); number++) {
            SignatureScheme.KeyPair pair =
                    scheme.generate(keyMaker.environment().random());
            ReplicaId id = new ReplicaId(number);
            keys.add(pair);
            replicasByHost.put(host(number), id);
            members.add(new Membership.Member(id, pair.publicKey()));
            nodes.add(new NodeInfo(id, NodeKind.REPLICA, pair.publicKey(), List.of(address(number))));
        }
        this.membership = new Membership(0, members);
        this.addresses = new StaticNetworkInformation(nodes);
        this.votes = new VoteOracle(this::violated);
        this.reasons = new ReasonOracle(membership, options.ordering().window(), this::violated);
        this.executions = new ExecutionOracle(this::violated, this::executed);
        this.clients = new ClientOracle(options.client().linearizableReads(), this::violated);
        executions.onFirst(executed -> clients.executed(executed, scheduler.nowNanos()));
    }

    /** Starts every replica of a new cluster. */
    public static SimCluster start(SimOptions options, long seed) {
        SimCluster cluster = new SimCluster(options, seed);
        for (int number = 0; number < options.replicas(); number++) {
            cluster.create(number);
        }
        return cluster;
    }

    /** A cluster of which nothing runs yet: each member is to be started, or {@linkplain #play played}. */
    public static SimCluster prepare(SimOptions options, long seed) {
        return new SimCluster(options, seed);
    }

    private void create(int number) {
        if (!isDurable(number)) {
            start(number, StartMode.GENESIS);
            return;
        }
        SimDisk disk = new SimDisk(random.split("disk " + number));
        disks.put(number, disk);
        try {
            Genesis.create(disk, config(number, StartMode.LEARNER));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        start(number, StartMode.LEARNER);
    }

    private boolean isDurable(int number) {
        return options.durability() != DurabilityMode.NONE
                && !options.liars().containsKey(number)
                && !options.twins().contains(number);
    }

    /** A replica's disk. */
    public SimDisk disk(int number) {
        SimDisk disk = disks.get(number);
        if (disk == null) {
            throw new IllegalArgumentException("replica " + number + " has no disk");
        }
        return disk;
    }

    /** With what a replica that has a disk is started. */
    public ReplicaConfig config(int number) {
        return config(number, StartMode.LEARNER);
    }

    private ReplicaConfig config(int number, StartMode mode) {
        ReplicaConfig config = ReplicaConfig.of(
                        CLUSTER_ID,
                        new ReplicaId(number),
                        membership,
                        addresses,
                        scheme,
                        keys.get(number),
                        List.of(address(number)),
                        mode)
                .withOrderingAndRequests(options.ordering(), options.requests())
                .withNetwork(networkConfig())
                .withSessions(options.sessions())
                .withRetainedBytes(options.retainedBytes());
        return isDurable(number) ? config.withDurability(options.durability()) : config;
    }

    private static NodeAddress address(int number) {
        return new NodeAddress(host(number), 1);
    }

    /** The host that a replica runs on. */
    public static String host(int number) {
        return "replica-" + number;
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    public SimNetwork network() {
        return network;
    }

    public Membership membership() {
        return membership;
    }

    public ClientOracle clients() {
        return clients;
    }

    public ExecutionOracle executions() {
        return executions;
    }

    public VoteOracle votes() {
        return votes;
    }

    public ReasonOracle reasons() {
        return reasons;
    }

    public List<SimCaller> callers() {
        return List.copyOf(callers);
    }

    /** Tells somebody what happens from now on: messages of correct replicas, calls and answers. */
    public void tell(Consumer<String> listener) {
        told = listener;
        telling = true;
    }

    void told(Supplier<String> what) {
        if (telling) {
            told.accept(Duration.ofNanos(scheduler.nowNanos()) + " " + what.get());
        }
    }

    public boolean isRunning(int number) {
        return replicas.containsKey(number);
    }

    /** Calls that brought a result or the certainty that there is none; one that was given up brought neither. */
    public long ended() {
        return ended;
    }

    void callEnded() {
        ended++;
    }

    /** Numbers of the replicas that lie. */
    public Set<Integer> liars() {
        return options.liars().keySet();
    }

    /** Numbers of the replicas that are doubled. */
    public Set<Integer> twins() {
        return options.twins();
    }

    /** Messages that faulty replicas altered or withheld. */
    public long lies() {
        return lies;
    }

    /** Messages of correct nodes that were dropped. */
    public long lost() {
        return lost;
    }

    /** Messages of state transfer that correct nodes sent. */
    public long transferred() {
        return transferred;
    }

    /** Routes messages of ordering by what they say, from the start; to be called before time passes. */
    public void route(Routes by) {
        routes = by;
    }

    /** No bytes between the groups until {@link #heal}. */
    @SafeVarargs
    public final void partition(List<Integer>... groups) {
        for (List<Integer> from : groups) {
            for (List<Integer> to : groups) {
                if (!from.equals(to)) {
                    network.cut(
                            from.stream().map(SimCluster::host).toList(),
                            to.stream().map(SimCluster::host).toList());
                }
            }
        }
    }

    /** Ends every partition; what was sent meanwhile arrives. */
    public void heal() {
        network.healAll();
    }

    /** Stops dropping messages of correct nodes. */
    public void loseNoMore() {
        messageLoss = 0;
    }

    /** Tells the callers to end after their present call. */
    public void stopCalling() {
        stopping = true;
    }

    boolean isStopping() {
        return stopping;
    }

    long nextOperation() {
        return ++operations;
    }

    /** Lets virtual time pass. */
    public void run(Duration duration) {
        scheduler.run(duration);
    }

    /** Lets virtual time pass until a condition holds; false if it does not in time. */
    public boolean run(Duration atMost, BooleanSupplier until) {
        return scheduler.run(atMost, until);
    }

    /** Runs a blocking task on a thread of a process, and virtual time until it has returned. */
    public <T> T call(SimProcess process, Callable<T> task) {
        SimProcess.Outcome<T> outcome = process.start("call", task);
        if (!run(CALL_DEADLINE, outcome::isDone)) {
            throw new SimulationFailure(
                    "no answer within " + CALL_DEADLINE + " of " + process.name() + "\n" + scheduler.dump());
        }
        return outcome.value();
    }

    /** Starts a replica that does not run. */
    public void start(int number, StartMode mode) {
        SimProcess process = scheduler.process(host(number), options.computeThreads());
        ReplicaId id = new ReplicaId(number);
        if (mode == StartMode.LEARNER && !disks.containsKey(number)) {
            votes.forgotten(id);
            reasons.forgotten(id);
        }
        SignatureScheme.KeyPair pair = keys.get(number);
        Liar.Habits habits = options.liars().get(number);
        boolean doubled = options.twins().contains(number);
        boolean correct = habits == null && !doubled;
        WatchedStore store = new WatchedStore(correct ? executions.replica(host(number)) : null);
        ReplicaConfig config = config(number, mode);
        Optional<SimDisk> disk = Optional.ofNullable(disks.get(number));
        disk.ifPresent(present -> present.attach(process));
        SimProcess.Outcome<List<MonolithicReplica>> booted = process.start("boot", () -> {
            NetworkNode node = new BlockingNetworkNode(
                    process.environment(),
                    network.transport(process, host(number), proof(pair), options.death()),
                    LocalIdentity.replica(CLUSTER_ID, id, scheme, pair),
                    addresses,
                    config.network(),
                    config.listenOn());
            if (doubled) {
                return twins(config, process, node);
            }
            Interceptor interceptor = habits == null ? observer(id) : liar(id, habits, process, pair);
            NetworkNode observed = new InterceptedNode(node, interceptor);
            return boot(config, executor(store), process, observed, disk);
        });
        replicas.put(number, new SimReplica(number, process, booted, correct));
    }

    /** Starts a member whose part is played by a test. */
    public SimPeer play(int number) {
        SimProcess process = scheduler.process(host(number), options.computeThreads());
        ReplicaId id = new ReplicaId(number);
        SignatureScheme.KeyPair pair = keys.get(number);
        SimPeer peer = new SimPeer(
                this,
                process,
                new ReplicaSigner(id, CLUSTER_ID, pair),
                () -> new BlockingNetworkNode(
                        process.environment(),
                        network.transport(process, host(number), proof(pair), options.death()),
                        LocalIdentity.replica(CLUSTER_ID, id, scheme, pair),
                        addresses,
                        networkConfig(),
                        List.of(address(number))));
        peers.add(peer);
        return peer;
    }

    /** A bundle of a client that is nowhere else. */
    public RequestBundle sealed(List<Request> requests) {
        SignatureScheme.KeyPair pair =
                scheme.generate(scheduler.process("client", 1).environment().random());
        return new BundleCodec(CLUSTER_ID).seal(pair, requests, List.of());
    }

    /** None, if the replica refuses a disk that is damaged or broken. */
    private List<MonolithicReplica> boot(
            ReplicaConfig config,
            ExecutorFactory executors,
            SimProcess process,
            NetworkNode node,
            Optional<SimDisk> disk) {
        if (disk.isEmpty()) {
            return List.of(MonolithicReplica.bootstrap(config, executors, process.environment(), node));
        }
        try {
            return List.of(MonolithicReplica.bootstrap(config, executors, process.environment(), node, disk.get()));
        } catch (ReplicaFailure refused) {
            if (!damaged.contains(config.self().number()) && !disk.get().isFailing()) {
                throw refused;
            }
            told(() -> config.self() + " refuses its disk: " + refused.getMessage());
            return List.of();
        }
    }

    private ExecutorFactory executor(WatchedStore store) {
        return options.divisible()
                ? SingleThreadedDivisibleExecutor.of(store)
                : SingleThreadedMonolithicExecutor.of(store);
    }

    private List<MonolithicReplica> twins(ReplicaConfig config, SimProcess process, NetworkNode node) {
        WatchedStore store = new WatchedStore(null);
        Twins twins = new Twins(node, rule(config.self(), process));
        List<MonolithicReplica> both = new ArrayList<>();
        List<NetworkNode> faces = List.of(twins.twin(0), twins.twin(1));
        for (NetworkNode face : faces) {
            both.add(MonolithicReplica.bootstrap(config, executor(store), process.environment(), face));
        }
        return both;
    }

    private Twins.Rule rule(ReplicaId id, SimProcess process) {
        if (!routes.equals(Routes.ALL)) {
            return new RoutedTwins(id.number(), options.replicas(), routes);
        }
        DealtPeers dealt = new DealtPeers(random.split("twins of " + id));
        dealAgain(process, dealt);
        return dealt;
    }

    private void dealAgain(SimProcess process, DealtPeers dealt) {
        scheduler.after(random.below(MOST_NANOS_PER_DEAL), () -> {
            if (process.isAlive()) {
                lies++;
                dealt.deal();
                dealAgain(process, dealt);
            }
        });
    }

    private Interceptor observer(ReplicaId id) {
        return new Observer(id, votes, reasons, spoken, random.split("losses of " + id), traffic);
    }

    private Interceptor liar(ReplicaId id, Liar.Habits habits, SimProcess process, SignatureScheme.KeyPair pair) {
        Randomness own = random.split("lies of " + id);
        return new Liar(
                habits,
                process.environment(),
                id,
                new ReplicaSigner(id, CLUSTER_ID, pair),
                own,
                membership.ids(),
                count -> lies += count);
    }

    private Optional<PublicKey> proof(SignatureScheme.KeyPair pair) {
        return options.plaintext() ? Optional.empty() : Optional.of(pair.publicKey());
    }

    private NetworkConfig networkConfig() {
        return options.plaintext() ? options.network().withPlaintext() : options.network();
    }

    /** A new client process with a key of its own. */
    public SimCaller client() {
        String host = "client-" + callers.size();
        SimProcess process = scheduler.process(host, options.computeThreads());
        return client(host, process, scheme.generate(process.environment().random()));
    }

    /** A client process with the key of an earlier one, which has ended, and a clock that differs from its. */
    public SimCaller clientAgain(SimCaller earlier, Duration clock) {
        String host = "client-" + callers.size();
        SimProcess process = scheduler.process(host, options.computeThreads());
        process.environment().jump(clock);
        return client(host, process, earlier.keys());
    }

    private SimCaller client(String host, SimProcess process, SignatureScheme.KeyPair pair) {
        SimProcess.Outcome<SmrClient<NumberedRequest, KeyValueReply>> booted = process.start(
                "boot",
                () -> new SmrClient<>(
                        process.environment(),
                        new BlockingNetworkNode(
                                process.environment(),
                                network.transport(process, host, proof(pair), options.death()),
                                LocalIdentity.client(CLUSTER_ID, scheme, pair),
                                addresses,
                                networkConfig(),
                                List.of()),
                        CLUSTER_ID,
                        membership,
                        pair,
                        options.client(),
                        NumberedRequest.CODEC,
                        KeyValueReply.CODEC));
        SimCaller caller = new SimCaller(this, process, pair, booted);
        callers.add(caller);
        run(Duration.ofSeconds(1), booted::isDone);
        return caller;
    }

    /** A client process with a key of its own that plays these tricks until it is told to end. */
    public HostileClient hostile(Set<Trick> tricks) {
        String host = "hostile-" + hostiles.size();
        SimProcess process = scheduler.process(host, options.computeThreads());
        SignatureScheme.KeyPair pair = scheme.generate(process.environment().random());
        Randomness own = random.split(host);
        HostileClient client = call(
                process,
                () -> new HostileClient(
                        process.environment(),
                        new BlockingNetworkNode(
                                process.environment(),
                                network.transport(process, host, proof(pair), options.death()),
                                LocalIdentity.client(CLUSTER_ID, scheme, pair),
                                addresses,
                                networkConfig(),
                                List.of()),
                        scheme,
                        pair,
                        new BundleCodec(CLUSTER_ID),
                        membership.ids(),
                        tricks,
                        own,
                        padding -> hostileOperation(host, own, padding),
                        options.sessions().window()));
        SimProcess.Outcome<Boolean> played = process.start("tricks", () -> {
            client.play();
            return true;
        });
        hostiles.add(new SimHostile(process, client, played));
        return client;
    }

    private record SimHostile(SimProcess process, HostileClient client, SimProcess.Outcome<Boolean> played) {}

    private ByteString hostileOperation(String host, Randomness own, int padding) {
        KeyValueRequest drawn = SimCaller.draw(own, MOST_KEYS);
        KeyValueRequest request = padding == 0
                ? drawn
                : new KeyValueRequest.Put(
                        ByteString.copyFromUtf8("k" + own.below(MOST_KEYS)), ByteString.copyFrom(new byte[padding]));
        long number = nextOperation();
        clients.mayCall(new Operation(number, host, request, true, scheduler.nowNanos()));
        return ByteString.copyFrom(NumberedRequest.CODEC.encode(new NumberedRequest(number, request)));
    }

    /** Kills a replica as {@code kill -9} does. */
    public void crash(int number) {
        SimReplica replica = replicas.remove(number);
        if (replica != null) {
            replica.process().kill();
            Optional.ofNullable(disks.get(number)).ifPresent(SimDisk::crash);
            if (options.durability() == DurabilityMode.OPTIMISTIC) {
                votes.forgotten(new ReplicaId(number));
            }
        }
    }

    /** Starts a replica that was killed or closed with what is on its disk. */
    public void restart(int number) {
        start(number, StartMode.LEARNER);
    }

    /** Gives a replica that does not run an empty disk. */
    public void wipe(int number) {
        disk(number).wipe();
        damaged.remove(number);
        votes.forgotten(new ReplicaId(number));
    }

    /** Flips a bit on the disk of a replica that does not run: from now on it may refuse to start. */
    public void damage(int number) {
        damaged.add(number);
        char kind = disk(number).flipBit();
        told(() -> "a bit flips in a record of kind " + kind + " of " + host(number));
    }

    /** Whether a replica runs and has found its disk good. */
    public boolean isUp(int number) {
        SimReplica replica = replicas.get(number);
        return replica != null && replica.isUp();
    }

    /** Whether a replica was started, and has refused its disk. */
    public boolean isRefused(int number) {
        SimReplica replica = replicas.get(number);
        return replica != null
                && replica.booted().isDone()
                && replica.booted().value().isEmpty();
    }

    /** Numbers of the replicas that have a disk, running or not. */
    public List<Integer> withDisks() {
        return List.copyOf(disks.keySet());
    }

    /** Whether a replica that was started has ended by itself. */
    public boolean hasStopped(int number) {
        SimReplica replica = replicas.get(number);
        return replica != null && replica.isUp() && replica.replica().isClosed();
    }

    /**
     * Closes a replica in order, while time passes.
     *
     * @param closed called when it has ended; not if it is killed meanwhile
     */
    public void close(int number, Runnable closed) {
        SimReplica replica = replicas.get(number);
        if (replica == null || !replica.isUp()) {
            throw new IllegalArgumentException("replica " + number + " does not run");
        }
        SimProcess process = replica.process();
        SimProcess.Outcome<Boolean> outcome = process.start("close", () -> {
            replica.replica().close();
            process.environment().close();
            return true;
        });
        awaitClosed(replica, outcome, closed);
    }

    private void awaitClosed(SimReplica replica, SimProcess.Outcome<Boolean> outcome, Runnable closed) {
        scheduler.after(1_000_000, () -> {
            if (!replica.process().isAlive()) {
                return;
            }
            if (outcome.isDone()) {
                replicas.remove(replica.number());
                replica.process().kill();
                disk(replica.number()).crash();
                closed.run();
            } else {
                awaitClosed(replica, outcome, closed);
            }
        });
    }

    /** Stops all threads of a replica for a while. */
    public void pause(int number, Duration duration) {
        SimReplica replica = replicas.get(number);
        if (replica != null) {
            replica.process().pause(duration);
        }
    }

    /** Sets a replica's wall clock forward or back. */
    public void jump(int number, Duration by) {
        SimReplica replica = replicas.get(number);
        if (replica != null) {
            replica.process().environment().jump(by);
        }
    }

    /** Sets all replicas' wall clocks to the time of the simulation. */
    public void setClocks() {
        replicas.values().forEach(replica -> replica.process().environment().setClock());
    }

    /** Numbers of the replicas that run and are not faulty. */
    public List<Integer> correct() {
        return replicas.values().stream()
                .filter(replica -> replica.isUp() && replica.correct())
                .map(SimReplica::number)
                .toList();
    }

    public ReplicaStatus status(int number) {
        SimReplica replica = replicas.get(number);
        if (replica == null) {
            throw new IllegalArgumentException("replica " + number + " does not run");
        }
        return call(replica.process(), replica.replica()::status);
    }

    /** Runs until all correct replicas have executed equally far, be it by a state that they fetched; false if they have not in time. */
    public boolean converge(Duration atMost) {
        long end = scheduler.nowNanos() + atMost.toNanos();
        while (correct().stream()
                        .map(number -> status(number).executor().executed())
                        .distinct()
                        .count()
                > 1) {
            if (scheduler.nowNanos() > end) {
                return false;
            }
            run(POLL);
        }
        return true;
    }

    private void violated(String rule) {
        scheduler.fail(new SimulationFailure("at " + Duration.ofNanos(scheduler.nowNanos()) + ": " + rule));
    }

    private void executed(String host, long sequence) {
        ReplicaId replica = replicasByHost.get(host);
        if (replica != null) {
            reasons.executed(replica, sequence);
        }
    }

    /** Fails if a correct replica has stopped by itself. */
    public void checkRunning() {
        for (SimReplica replica : replicas.values()) {
            if (replica.correct() && replica.isUp() && replica.replica().isClosed()) {
                throw new SimulationFailure(host(replica.number()) + " has stopped by itself");
            }
        }
    }

    /**
     * Closes clients and replicas, in order, and their environments.
     *
     * @throws SimulationFailure if a thread outlives its node
     */
    @Override
    public void close() {
        scheduler.checkWaits();
        stopCalling();
        for (SimCaller caller : callers) {
            if (caller.process().isAlive()) {
                call(caller.process(), () -> {
                    caller.client().close();
                    return true;
                });
                run(CALL_DEADLINE, caller::isIdle);
                checkEnded(caller.process());
            }
        }
        for (SimHostile hostile : hostiles) {
            hostile.client().end();
            run(CALL_DEADLINE, hostile.played()::isDone);
            call(hostile.process(), () -> {
                hostile.client().close();
                return true;
            });
            checkEnded(hostile.process());
        }
        for (SimReplica replica : replicas.values()) {
            if (replica.isUp()) {
                call(replica.process(), () -> {
                    replica.all().forEach(MonolithicReplica::close);
                    return true;
                });
                checkEnded(replica.process());
            }
        }
        for (SimPeer peer : peers) {
            peer.close();
            checkEnded(peer.process());
        }
    }

    private void checkEnded(SimProcess process) {
        call(process, () -> {
            process.environment().close();
            return true;
        });
        if (!run(Duration.ofSeconds(1), () -> process.threads().isEmpty())) {
            throw new SimulationFailure("alive after close: " + process.threads());
        }
        process.kill();
    }
}
