package dev.atlas.it.peers;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.exec.state.KeyValueStore;
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
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.InMemoryNetwork;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;

/** All of them on real threads, over memory. */
final class ThreadedPeers implements Peers {

    private static final String CLUSTER = "scripted";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final MonolithicReplica real;
    private final SystemEnvironment environment = SystemEnvironment.create("peers");
    private final Ed25519Scheme scheme = new Ed25519Scheme();
    private final List<SignatureScheme.KeyPair> keys = new ArrayList<>();
    private final List<BlockingNetworkNode> peers = new ArrayList<>();
    private final ConcurrentLinkedQueue<OrderingMessage> said = new ConcurrentLinkedQueue<>();

    ThreadedPeers() throws Exception {
        InMemoryNetwork memory = new InMemoryNetwork();
        List<Membership.Member> members = new ArrayList<>();
        List<NodeInfo> nodes = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            SignatureScheme.KeyPair pair = scheme.generate(environment.random());
            keys.add(pair);
            members.add(new Membership.Member(new ReplicaId(number), pair.publicKey()));
            nodes.add(
                    new NodeInfo(new ReplicaId(number), NodeKind.REPLICA, pair.publicKey(), List.of(address(number))));
        }
        StaticNetworkInformation information = new StaticNetworkInformation(nodes);
        Membership membership = new Membership(0, members);
        for (int number = 0; number < 4; number++) {
            BlockingNetworkNode node = new BlockingNetworkNode(
                    environment,
                    memory.transport("peer-" + number),
                    LocalIdentity.replica(CLUSTER, new ReplicaId(number), scheme, keys.get(number)),
                    information,
                    NetworkConfig.DEFAULT.withPlaintext(),
                    List.of(address(number)));
            peers.add(node);
        }
        for (int number : List.of(0, 2, 3)) {
            peers.get(number).incoming(ModuleId.PROTOCOL).receiver((from, messages) -> messages.forEach(this::hear));
            peers.get(number).incoming(ModuleId.APPLICATION).receiver((from, messages) -> {});
            peers.get(number).start();
        }
        real = MonolithicReplica.bootstrap(
                ReplicaConfig.of(
                        CLUSTER,
                        REAL,
                        membership,
                        information,
                        scheme,
                        keys.get(1),
                        List.of(address(1)),
                        StartMode.GENESIS),
                new KeyValueStore(),
                environment,
                peers.get(1));
        // Both ends: what a peer says before its own end is up is dropped, and these peers say nothing twice.
        await(
                "the peers are connected",
                () -> real.network().connected().size() == 3
                        && List.of(0, 2, 3).stream()
                                .allMatch(
                                        number -> peers.get(number).connected().contains(REAL)));
    }

    private static NodeAddress address(int number) {
        return new NodeAddress("peer-" + number, 1);
    }

    private void hear(ByteBuffer message) {
        if (OrderingCodec.decode(message) instanceof Decoded.Value<OrderingMessage>(OrderingMessage heard)) {
            said.add(heard);
        }
    }

    @Override
    public String cluster() {
        return CLUSTER;
    }

    @Override
    public void sayBytes(int peer, ByteBuffer bytes) {
        peers.get(peer).outgoing(ModuleId.PROTOCOL).send(REAL, bytes);
    }

    @Override
    public <M extends Signable> Signed<M> sign(int peer, M content) {
        return new ReplicaSigner(new ReplicaId(peer), CLUSTER, keys.get(peer))
                .sign(content)
                .signed();
    }

    @Override
    public RequestBundle bundle(long number) {
        return new BundleCodec(CLUSTER)
                .seal(
                        scheme.generate(environment.random()),
                        List.of(new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY)),
                        List.of());
    }

    @Override
    public List<OrderingMessage> said() {
        return List.copyOf(said);
    }

    @Override
    public ReplicaStatus status() throws InterruptedException {
        return real.status();
    }

    @Override
    public void await(String what, Callable<Boolean> condition) throws Exception {
        long end = environment.clock().nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            if (environment.clock().nanoTime() > end) {
                throw new AssertionError(
                        "not within " + PATIENCE + ": " + what + "\nheard: " + said() + "\n" + status());
            }
            environment.sleep(Duration.ofMillis(10));
        }
    }

    @Override
    public void close() {
        real.close();
        peers.forEach(BlockingNetworkNode::close);
        environment.close();
    }
}
