package dev.atlas.it.cluster;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.types.Membership;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.InMemoryNetwork;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.net.transport.Transport;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import dev.atlas.replica.storage.Genesis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster of replicas of one application in this process, with real threads, and clients for it. One thread drives it.
 *
 * @param <S> state
 * @param <Q> request
 * @param <R> reply
 */
public final class LocalCluster<S extends MonolithicState, Q, R> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LocalCluster.class);
    private static final String CLUSTER_ID = "local";
    private static final Duration POLL = Duration.ofMillis(20);

    private final Options options;
    private final Application<S, Q, R> application;
    private final ExecutorFactory executors;
    private final SystemEnvironment environment = SystemEnvironment.create("cluster");
    private final CountedThreads threads = new CountedThreads(environment);
    private final SignatureScheme scheme = new Ed25519Scheme();
    private final InMemoryNetwork memory = new InMemoryNetwork();
    private final Map<ReplicaId, SignatureScheme.KeyPair> keys = new HashMap<>();
    private final Links links = new Links();
    private final Membership membership;
    private final ClusterAddresses addresses;
    private final Map<ReplicaId, MonolithicReplica> running = new HashMap<>();
    private final List<SmrClient<Q, R>> clients = new ArrayList<>();
    private int clientNodes;

    /** What lies under the cluster's messages. */
    public enum Security {
        TLS,
        PLAINTEXT,
        IN_MEMORY
    }

    /**
     * @param replicas n
     * @param directory in which each replica gets one, unless {@code durability} is none
     * @param replica changes the configuration of each
     */
    public record Options(
            int replicas,
            Security security,
            PbftConfig ordering,
            PreProcessingConfig requests,
            NetworkConfig network,
            ClientConfig client,
            DurabilityMode durability,
            Optional<Path> directory,
            UnaryOperator<ReplicaConfig> replica) {

        /** TLS over loopback, with the library's defaults. */
        public static Options of(int replicas) {
            return new Options(
                    replicas,
                    Security.TLS,
                    PbftConfig.defaults(),
                    PreProcessingConfig.defaults(),
                    NetworkConfig.DEFAULT,
                    ClientConfig.defaults(),
                    DurabilityMode.NONE,
                    Optional.empty(),
                    UnaryOperator.identity());
        }

        public Options over(Security other) {
            return new Options(replicas, other, ordering, requests, network, client, durability, directory, replica);
        }

        public Options ordering(UnaryOperator<PbftConfig> change) {
            return new Options(
                    replicas,
                    security,
                    change.apply(ordering),
                    requests,
                    network,
                    client,
                    durability,
                    directory,
                    replica);
        }

        public Options requests(UnaryOperator<PreProcessingConfig> change) {
            return new Options(
                    replicas,
                    security,
                    ordering,
                    change.apply(requests),
                    network,
                    client,
                    durability,
                    directory,
                    replica);
        }

        /** With records on disk. */
        public Options durability(DurabilityMode mode, Path where) {
            return new Options(
                    replicas, security, ordering, requests, network, client, mode, Optional.of(where), replica);
        }

        /** Changes what each replica is told, last of all. */
        public Options replica(UnaryOperator<ReplicaConfig> change) {
            return new Options(replicas, security, ordering, requests, network, client, durability, directory, change);
        }

        public Options client(UnaryOperator<ClientConfig> change) {
            return new Options(
                    replicas,
                    security,
                    ordering,
                    requests,
                    network,
                    change.apply(client),
                    durability,
                    directory,
                    replica);
        }
    }

    private LocalCluster(Options options, Application<S, Q, R> application, ExecutorFactory executors) {
        this.options = options;
        this.application = application;
        this.executors = executors;
        List<Membership.Member> members = new ArrayList<>();
        List<NodeInfo> nodes = new ArrayList<>();
        for (int number = 0; number < options.replicas(); number++) {
            ReplicaId id = new ReplicaId(number);
            SignatureScheme.KeyPair pair = scheme.generate(environment.random());
            keys.put(id, pair);
            members.add(new Membership.Member(id, pair.publicKey()));
            nodes.add(new NodeInfo(id, NodeKind.REPLICA, pair.publicKey(), List.of()));
        }
        this.membership = new Membership(0, members);
        this.addresses = new ClusterAddresses(nodes);
    }

    /** Generates keys and starts every replica of a new cluster. */
    public static <S extends MonolithicState, Q, R> LocalCluster<S, Q, R> start(
            Options options, Application<S, Q, R> application) {
        return start(options, application, SingleThreadedMonolithicExecutor.of(application));
    }

    /** The same with an executor of the caller's choice for the application. */
    public static <S extends MonolithicState, Q, R> LocalCluster<S, Q, R> start(
            Options options, Application<S, Q, R> application, ExecutorFactory executors) {
        LocalCluster<S, Q, R> cluster = new LocalCluster<>(options, application, executors);
        for (int number = 0; number < options.replicas(); number++) {
            cluster.create(number);
        }
        return cluster;
    }

    private void create(int number) {
        ReplicaConfig config = config(number, StartMode.LEARNER);
        if (config.durability() == DurabilityMode.NONE) {
            start(number, StartMode.GENESIS);
            return;
        }
        try {
            Genesis.create(config.directory().orElseThrow(), config);
        } catch (IOException unusable) {
            throw new UncheckedIOException(unusable);
        }
        start(number, StartMode.LEARNER);
    }

    /** Where a replica's records are. */
    public Path directory(int number) {
        return options.directory().orElseThrow().resolve("replica-" + number);
    }

    /** Starts a replica that was killed with what it has on disk. */
    public void restart(int number) {
        links.rejoin(new ReplicaId(number));
        start(number, StartMode.LEARNER);
    }

    private ReplicaConfig config(int number, StartMode mode) {
        ReplicaId id = new ReplicaId(number);
        ReplicaConfig alone = ReplicaConfig.of(
                CLUSTER_ID, id, membership, addresses, scheme, key(id), List.of(listenOn(number)), mode);
        ReplicaConfig config = alone.withOrderingAndRequests(options.ordering(), options.requests())
                .withRetainedBytes(alone.retainedBytes() / options.replicas()) // they share a heap
                .withNetwork(network());
        return options.replica()
                .apply(
                        options.directory().isPresent()
                                ? config.withDurability(options.durability(), directory(number))
                                : config);
    }

    /** Starts a replica that does not run: a restarted one has forgotten its votes and must be a learner. */
    public void start(int number, StartMode mode) {
        ReplicaId id = new ReplicaId(number);
        SignatureScheme.KeyPair pair = key(id);
        ReplicaConfig config = config(number, mode);
        NetworkNode node = new BlockingNetworkNode(
                threads,
                transport(pair, "replica-" + number),
                LocalIdentity.replica(CLUSTER_ID, id, scheme, pair),
                addresses,
                config.network(),
                config.listenOn());
        MonolithicReplica replica = MonolithicReplica.bootstrap(
                config, executors, threads, new TamperedNetworkNode(node, links, environment.timers()));
        addresses.listening(id, replica.listening());
        running.put(id, replica);
    }

    /** A new client with a key of its own. */
    public SmrClient<Q, R> client() {
        SignatureScheme.KeyPair pair = scheme.generate(environment.random());
        SmrClient<Q, R> client = new SmrClient<>(
                threads,
                clientNode(pair),
                CLUSTER_ID,
                membership,
                pair,
                options.client(),
                application.requestCodec(),
                application.replyCodec());
        clients.add(client);
        return client;
    }

    /** A client's node without a client on it, for messages that none would send. Not started; the caller closes it. */
    public NetworkNode clientNode(SignatureScheme.KeyPair pair) {
        return clientNode(pair, UnaryOperator.identity());
    }

    /** The same for one with other settings of its network. */
    public NetworkNode clientNode(SignatureScheme.KeyPair pair, UnaryOperator<NetworkConfig> change) {
        NetworkNode node = new BlockingNetworkNode(
                threads,
                transport(pair, "client-" + clientNodes++),
                LocalIdentity.client(CLUSTER_ID, scheme, pair),
                addresses,
                change.apply(network()),
                List.of());
        return new TamperedNetworkNode(node, links, environment.timers());
    }

    public String clusterId() {
        return CLUSTER_ID;
    }

    /** Stops a replica without a word to anyone: nothing it still would have said is sent. */
    public void kill(int number) {
        ReplicaId id = new ReplicaId(number);
        links.isolate(id);
        MonolithicReplica killed = running.remove(id);
        if (killed != null) {
            killed.close();
        }
    }

    public Links links() {
        return links;
    }

    public Membership membership() {
        return membership;
    }

    /** Virtual threads of replicas, clients and nodes that have not ended. */
    public Set<Thread> virtualThreads() {
        return threads.running();
    }

    public SystemEnvironment environment() {
        return environment;
    }

    public Optional<MonolithicReplica> replica(int number) {
        return Optional.ofNullable(running.get(new ReplicaId(number)));
    }

    /** Running replicas by number, ascending. */
    public List<MonolithicReplica> running() {
        return running.values().stream()
                .sorted((left, right) -> left.id().compareTo(right.id()))
                .toList();
    }

    public List<ReplicaStatus> statuses() throws InterruptedException {
        List<ReplicaStatus> statuses = new ArrayList<>();
        for (MonolithicReplica replica : running()) {
            statuses.add(replica.status());
        }
        return statuses;
    }

    /** The leader that most running replicas follow. */
    public int leader() throws InterruptedException {
        Map<Integer, Integer> votes = new HashMap<>();
        for (ReplicaStatus status : statuses()) {
            votes.merge(status.orchestrator().ordering().leader().number(), 1, Integer::sum);
        }
        return votes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    /**
     * Waits until a condition holds.
     *
     * @throws AssertionError with every replica's status, if it does not within the deadline
     */
    public void await(String what, Duration deadline, Callable<Boolean> condition) throws Exception {
        long end = environment.clock().nanoTime() + deadline.toNanos();
        while (!condition.call()) {
            if (environment.clock().nanoTime() > end) {
                throw new AssertionError("not within " + deadline + ": " + what + "\n" + statuses());
            }
            environment.sleep(POLL);
        }
    }

    /** Waits until all running replicas have executed the same and have the same state digest. */
    public void awaitEqualStates(Duration deadline) throws Exception {
        await(
                "equal states",
                deadline,
                () -> statuses().stream()
                                .map(ReplicaStatus::executor)
                                .map(status -> List.of(status.executed(), status.stateDigest()))
                                .distinct()
                                .count()
                        == 1);
    }

    /** Ends clients, replicas and threads. */
    @Override
    public void close() {
        clients.forEach(SmrClient::close);
        running().forEach(MonolithicReplica::close);
        running.clear();
        environment.close();
        LOG.debug("cluster closed");
    }

    private NetworkConfig network() {
        return options.security() == Security.TLS
                ? options.network()
                : options.network().withPlaintext();
    }

    private NodeAddress listenOn(int number) {
        return options.security() == Security.IN_MEMORY
                ? new NodeAddress("replica-" + number, 1)
                : new NodeAddress("127.0.0.1", 0);
    }

    private Transport transport(SignatureScheme.KeyPair pair, String host) {
        return switch (options.security()) {
            case TLS -> new TlsTransport(new TcpTransport(), pair);
            case PLAINTEXT -> new TcpTransport();
            case IN_MEMORY -> memory.transport(host);
        };
    }

    private SignatureScheme.KeyPair key(ReplicaId id) {
        return Optional.ofNullable(keys.get(id))
                .orElseThrow(() -> new IllegalArgumentException("no such replica: " + id));
    }
}
