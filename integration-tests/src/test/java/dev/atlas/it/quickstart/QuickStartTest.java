package dev.atlas.it.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.application.Codec;
import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.types.Membership;
import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The code of the README, compiled and run; the README is compared with it. */
@Timeout(60)
class QuickStartTest {

    private final Ed25519Scheme scheme = new Ed25519Scheme();

    @Test
    void theReadmesApplicationRunsOnFourReplicas() throws Exception {
        List<MonolithicReplica> replicas = new ArrayList<>();
        try (Environment environment = SystemEnvironment.create("quickstart")) {
            List<SignatureScheme.KeyPair> keys = new ArrayList<>();
            for (int number = 0; number < 4; number++) {
                keys.add(scheme.generate(environment.random()));
            }
            Membership membership = membership(
                    keys.stream().map(pair -> pair.publicKey().toString()).toList());
            StaticNetworkInformation peers = peers(
                    membership,
                    freePorts(4).stream()
                            .map(port -> new NodeAddress("127.0.0.1", port))
                            .toList());
            for (int number = 0; number < 4; number++) {
                replicas.add(replica(new ReplicaId(number), membership, peers, keys.get(number)));
            }
            try (SmrClient<String, String> client =
                    client(environment, membership, peers, scheme.generate(environment.random()))) {
                assertThat(client.execute("Ada")).isEqualTo("Hello Ada, you are number 1");
                assertThat(client.executeUnordered("")).isEqualTo("1 greeted so far");
            }
        } finally {
            replicas.forEach(MonolithicReplica::close);
        }
    }

    // readme: begin
    Membership membership(List<String> publicKeys) { // as GenerateKey prints them, by number of the replica
        List<Membership.Member> members = new ArrayList<>();
        for (String key : publicKeys) {
            members.add(new Membership.Member(new ReplicaId(members.size()), PublicKey.parse(key)));
        }
        return new Membership(0, members);
    }

    StaticNetworkInformation peers(Membership membership, List<NodeAddress> addresses) {
        List<NodeInfo> nodes = new ArrayList<>();
        for (Membership.Member member : membership.members()) {
            NodeAddress address = addresses.get(member.id().number());
            nodes.add(new NodeInfo(member.id(), NodeKind.REPLICA, member.publicKey(), List.of(address)));
        }
        return new StaticNetworkInformation(nodes);
    }

    MonolithicReplica replica(
            ReplicaId id, Membership membership, StaticNetworkInformation peers, SignatureScheme.KeyPair keys) {
        ReplicaConfig config = ReplicaConfig.of(
                "greetings",
                id,
                membership,
                peers,
                scheme,
                keys,
                peers.node(id).orElseThrow().addresses(),
                StartMode.GENESIS);
        return MonolithicReplica.bootstrap(config, new Greeter()); // run() blocks until it ends
    }

    SmrClient<String, String> client(
            Environment environment,
            Membership membership,
            StaticNetworkInformation peers,
            SignatureScheme.KeyPair keys) {
        BlockingNetworkNode network = new BlockingNetworkNode(
                environment,
                new TlsTransport(new TcpTransport(), keys),
                LocalIdentity.client("greetings", scheme, keys),
                peers,
                NetworkConfig.DEFAULT,
                List.of());
        return new SmrClient<>(
                environment, network, "greetings", membership, keys, ClientConfig.defaults(), Codec.UTF_8, Codec.UTF_8);
    }
    // readme: end

    @Test
    void theReadmeShowsThisCode() throws IOException {
        String readme = normal(Files.readString(Path.of("..", "README.md")));
        for (String source : List.of("Greeter", "QuickStartTest")) {
            Matcher marked = Pattern.compile("// readme: begin\\n(.*?)\\s*// readme: end", Pattern.DOTALL)
                    .matcher(Files.readString(
                            Path.of("src", "test", "java", "dev", "atlas", "it", "quickstart", source + ".java")));
            assertThat(marked.find()).as(source).isTrue();
            assertThat(readme).contains(normal(marked.group(1)));
        }
    }

    private static String normal(String text) {
        return text.replaceAll("\\s+", "");
    }

    /** All are held at once, so that they differ. */
    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> probes = new ArrayList<>();
        try {
            for (int number = 0; number < count; number++) {
                probes.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return probes.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket probe : probes) {
                probe.close();
            }
        }
    }
}
