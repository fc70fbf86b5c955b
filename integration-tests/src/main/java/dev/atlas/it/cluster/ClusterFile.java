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
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * What the processes of one cluster on this machine share, in a directory: who they are, where they listen, and each one's key file.
 *
 * @param tls or plaintext
 * @param replyBytes size of the reply of the {@code echo} application; -1 for the key/value store
 */
record ClusterFile(
        Path directory, boolean tls, int replyBytes, List<SignatureScheme.KeyPair> keys, List<Integer> ports) {

    static final String CLUSTER_ID = "processes";
    static final SignatureScheme SCHEME = new Ed25519Scheme();

    private static final String FILE = "cluster.properties";
    private static final String LOOPBACK = "127.0.0.1";

    ClusterFile {
        keys = List.copyOf(keys);
        ports = List.copyOf(ports);
    }

    /** Generates keys, picks free ports, and writes everything down. */
    static ClusterFile create(Path directory, int replicas, boolean tls, int replyBytes, RandomSource random)
            throws IOException {
        List<SignatureScheme.KeyPair> keys = new ArrayList<>();
        for (int number = 0; number < replicas; number++) {
            SignatureScheme.KeyPair pair = SCHEME.generate(random);
            KeyFiles.write(keyFile(directory, number), pair);
            keys.add(pair);
        }
        ClusterFile file = new ClusterFile(directory, tls, replyBytes, keys, freePorts(replicas));
        Properties properties = new Properties();
        properties.setProperty("replicas", Integer.toString(replicas));
        properties.setProperty("tls", Boolean.toString(tls));
        properties.setProperty("reply", Integer.toString(replyBytes));
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
        List<SignatureScheme.KeyPair> keys = new ArrayList<>();
        for (int number = 0; number < Integer.parseInt(properties.getProperty("replicas")); number++) {
            keys.add(KeyFiles.read(keyFile(directory, number), SCHEME));
        }
        List<Integer> ports = new ArrayList<>();
        for (String port : properties.getProperty("ports").split(",", -1)) {
            ports.add(Integer.parseInt(port));
        }
        return new ClusterFile(
                directory,
                Boolean.parseBoolean(properties.getProperty("tls")),
                Integer.parseInt(properties.getProperty("reply")),
                keys,
                ports);
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
    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int index = 0; index < count; index++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                sockets.add(socket);
                ports.add(socket.getLocalPort());
            }
            return ports;
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }
}
