package dev.atlas.it.cluster;

import dev.atlas.core.types.Membership;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.KeyFiles;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.replica.config.DurabilityMode;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.config.StartMode;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * What the processes of one cluster on this machine share, in a directory: who they are, where they listen, each one's key file, and, unless durability is
 * none, a directory for each one's records.
 */
record ClusterFile(Path directory, ProcessOptions options, List<SignatureScheme.KeyPair> keys, List<Integer> ports) {

    static final String CLUSTER_ID = "processes";
    static final SignatureScheme SCHEME = new Ed25519Scheme();

    private static final String FILE = "cluster.properties";
    private static final String LOOPBACK = "127.0.0.1";

    /**
     * Below those that systems give to whoever dials: while a replica is down, the dialling of the others could otherwise take its port, or even connect
     * to itself there.
     */
    private static final int LOWEST_PORT = 15_000;

    private static final int HIGHEST_PORT = 32_000;
    private static final int MOST_PORTS_TRIED = 1000;

    ClusterFile {
        keys = List.copyOf(keys);
        ports = List.copyOf(ports);
    }

    /** Generates keys, picks free ports, and writes everything down. */
    static ClusterFile create(Path directory, ProcessOptions options, RandomSource random) throws IOException {
        List<SignatureScheme.KeyPair> keys = new ArrayList<>();
        for (int number = 0; number < options.replicas(); number++) {
            SignatureScheme.KeyPair pair = SCHEME.generate(random);
            KeyFiles.write(keyFile(directory, number), pair);
            keys.add(pair);
        }
        ClusterFile file = new ClusterFile(directory, options, keys, freePorts(options.replicas(), random));
        Properties properties = options.write();
        properties.setProperty(
                "ports",
                String.join(",", file.ports.stream().map(String::valueOf).toList()));
        try (Writer writer = Files.newBufferedWriter(directory.resolve(FILE))) {
            properties.store(writer, "A cluster of processes on this machine");
        }
        return file;
    }

    static ClusterFile read(Path directory) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(directory.resolve(FILE))) {
            properties.load(reader);
        }
        ProcessOptions options = ProcessOptions.read(properties);
        List<SignatureScheme.KeyPair> keys = new ArrayList<>();
        for (int number = 0; number < options.replicas(); number++) {
            keys.add(KeyFiles.read(keyFile(directory, number), SCHEME));
        }
        List<Integer> ports = new ArrayList<>();
        for (String port : properties.getProperty("ports").split(",", -1)) {
            ports.add(Integer.parseInt(port));
        }
        return new ClusterFile(directory, options, keys, ports);
    }

    ReplicaConfig config(int number, StartMode mode) {
        ReplicaConfig config = ReplicaConfig.of(
                CLUSTER_ID,
                new ReplicaId(number),
                membership(),
                addresses(),
                SCHEME,
                keys.get(number),
                List.of(address(number)),
                mode);
        config = config.withOrdering(config.ordering().withCheckpointPeriod(options.checkpointPeriod()))
                .withServingShare(options.servingShare());
        if (!options.tls()) {
            config = config.withNetwork(config.network().withPlaintext());
        }
        return options.durability() == DurabilityMode.NONE
                ? config
                : config.withDurability(options.durability(), records(number));
    }

    /** Where a replica has its records. */
    Path records(int number) {
        return directory.resolve("replica-" + number);
    }

    Membership membership() {
        List<Membership.Member> members = new ArrayList<>();
        for (int number = 0; number < keys.size(); number++) {
            members.add(new Membership.Member(
                    new ReplicaId(number), keys.get(number).publicKey()));
        }
        return new Membership(0, members);
    }

    NetworkInformation addresses() {
        List<NodeInfo> nodes = new ArrayList<>();
        for (int number = 0; number < keys.size(); number++) {
            nodes.add(new NodeInfo(
                    new ReplicaId(number), NodeKind.REPLICA, keys.get(number).publicKey(), List.of(address(number))));
        }
        return new StaticNetworkInformation(nodes);
    }

    NodeAddress address(int number) {
        return new NodeAddress(LOOPBACK, ports.get(number));
    }

    private static Path keyFile(Path directory, int number) {
        return directory.resolve("replica-" + number + ".key");
    }

    /** All are held at once, so that they differ; whoever starts must still find his free. */
    private static List<Integer> freePorts(int count, RandomSource random) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int tried = 0; sockets.size() < count; tried++) {
                int port = LOWEST_PORT + (int) random.nextLong(HIGHEST_PORT - LOWEST_PORT);
                try {
                    sockets.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
                } catch (BindException taken) {
                    if (tried == MOST_PORTS_TRIED) {
                        throw taken;
                    }
                }
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }
}
