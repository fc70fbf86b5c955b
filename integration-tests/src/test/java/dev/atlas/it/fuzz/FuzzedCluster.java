package dev.atlas.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.types.Membership;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;

/** Four members over TLS on loopback: three real replicas and, as the fourth, a bare network node with that member's key. One thread drives it. */
final class FuzzedCluster implements AutoCloseable {

    static final String CLUSTER = "fuzzed";
    private static final int MEMBERS = 4;
    /** Small, so that checkpoints and the end of the window are met. */
    private static final int CHECKPOINT_PERIOD = 32;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final SystemEnvironment environment = SystemEnvironment.create("fuzzed");
    final Ed25519Scheme scheme = new Ed25519Scheme();
    final ReplicaId corrupt;
    private final List<SignatureScheme.KeyPair> keys = new ArrayList<>();
    private final Members members = new Members();
    private final Membership membership;
    private final Map<ReplicaId, BlockingNetworkNode> nodes = new TreeMap<>();
    private final Map<ReplicaId, MonolithicReplica> replicas = new TreeMap<>();
    private final List<SmrClient<?, ?>> clients = new ArrayList<>();
    private final List<BlockingNetworkNode> clientNodes = new ArrayList<>();

    /** Addresses become known as members start. */
    private static final class Members implements NetworkInformation {

        private final Map<ReplicaId, NodeInfo> known = new ConcurrentSkipListMap<>();

        @Override
        public Optional<NodeInfo> node(ReplicaId id) {
            return Optional.ofNullable(known.get(id));
        }

        @Override
        public List<NodeInfo> nodes() {
            return List.copyOf(known.values());
        }

        void put(ReplicaId id, SignatureScheme.KeyPair keys, List<NodeAddress> addresses) {
            known.put(id, new NodeInfo(id, NodeKind.REPLICA, keys.publicKey(), addresses));
        }
    }

    /**
     * @param corrupt number of the member that the test plays
     */
    FuzzedCluster(int corrupt) throws Exception {
        this.corrupt = new ReplicaId(corrupt);
        List<Membership.Member> all = new ArrayList<>();
        for (int number = 0; number < MEMBERS; number++) {
            SignatureScheme.KeyPair pair = scheme.generate(environment.random());
            keys.add(pair);
            members.put(new ReplicaId(number), pair, List.of());
            all.add(new Membership.Member(new ReplicaId(number), pair.publicKey()));
        }
        membership = new Membership(0, all);
        for (int number = 0; number < MEMBERS; number++) {
            start(new ReplicaId(number));
        }
        await("everybody is connected", () -> corruptNode().connected().size() == MEMBERS - 1);
    }

    private void start(ReplicaId id) {
        SignatureScheme.KeyPair pair = keys.get(id.number());
        NodeAddress any = new NodeAddress("127.0.0.1", 0);
        BlockingNetworkNode node = new BlockingNetworkNode(
                environment,
                new TlsTransport(new TcpTransport(), pair),
                LocalIdentity.replica(CLUSTER, id, scheme, pair),
                members,
                NetworkConfig.DEFAULT,
                List.of(any));
        nodes.put(id, node);
        if (id.equals(corrupt)) {
            node.start();
        } else {
            ReplicaConfig config = ReplicaConfig.of(
                            CLUSTER, id, membership, members, scheme, pair, List.of(any), StartMode.GENESIS)
                    .withOrdering(PbftConfig.defaults().withCheckpointPeriod(CHECKPOINT_PERIOD));
            replicas.put(id, MonolithicReplica.bootstrap(config, new KeyValueStore(), environment, node));
        }
        members.put(id, pair, node.listening());
    }

    BlockingNetworkNode corruptNode() {
        return Optional.ofNullable(nodes.get(corrupt)).orElseThrow();
    }

    SignatureScheme.KeyPair corruptKeys() {
        return keys.get(corrupt.number());
    }

    List<MonolithicReplica> real() {
        return List.copyOf(replicas.values());
    }

    SmrClient<KeyValueRequest, KeyValueReply> client() {
        SignatureScheme.KeyPair pair = scheme.generate(environment.random());
        var client = new SmrClient<>(
                environment,
                clientNode(pair),
                CLUSTER,
                membership,
                pair,
                ClientConfig.defaults(),
                KeyValueRequest.CODEC,
                KeyValueReply.CODEC);
        clients.add(client);
        return client;
    }

    /** A client's way into the cluster; not started. */
    BlockingNetworkNode clientNode(SignatureScheme.KeyPair pair) {
        BlockingNetworkNode node = new BlockingNetworkNode(
                environment,
                new TlsTransport(new TcpTransport(), pair),
                LocalIdentity.client(CLUSTER, scheme, pair),
                members,
                NetworkConfig.DEFAULT,
                List.of());
        clientNodes.add(node);
        return node;
    }

    /** No replica has ended, and nobody had to be saved from an exception by the network. */
    void assertUnharmed() {
        for (MonolithicReplica replica : real()) {
            assertThat(replica.isClosed()).as("%s is closed", replica.id()).isFalse();
        }
        List<BlockingNetworkNode> all = new ArrayList<>(nodes.values());
        all.addAll(clientNodes);
        for (BlockingNetworkNode node : all) {
            assertThat(node.counters().snapshot().receiverFailures())
                    .as("receivers of %s that threw", node.self())
                    .isZero();
        }
    }

    /** What replicas said no to; for people. */
    String refusals() throws Exception {
        StringBuilder text = new StringBuilder();
        for (MonolithicReplica replica : real()) {
            var status = replica.status();
            var network = Optional.ofNullable(nodes.get(replica.id()))
                    .orElseThrow()
                    .counters()
                    .snapshot();
            text.append("  %s: %s, %s, %s, connections refused %s, framing violated %s%n"
                    .formatted(
                            replica.id(),
                            status.rejected(),
                            status.orchestrator().misbehaviour(),
                            status.requests(),
                            seen(network.rejections()),
                            seen(network.framingViolations())));
        }
        return text.toString();
    }

    private static <K extends Comparable<K>> Map<K, Long> seen(Map<K, Long> counts) {
        Map<K, Long> seen = new TreeMap<>(counts);
        seen.values().removeIf(count -> count == 0);
        return seen;
    }

    void await(String what, Callable<Boolean> condition) throws Exception {
        long end = environment.clock().nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (environment.clock().nanoTime() > end) {
                throw new AssertionError("not within " + PATIENCE + ": " + what + "\n" + refusals());
            }
            environment.sleep(Duration.ofMillis(10));
        }
    }

    @Override
    public void close() {
        clients.forEach(SmrClient::close);
        clientNodes.forEach(BlockingNetworkNode::close);
        replicas.values().forEach(MonolithicReplica::close);
        nodes.values().forEach(BlockingNetworkNode::close);
        environment.close();
    }
}
