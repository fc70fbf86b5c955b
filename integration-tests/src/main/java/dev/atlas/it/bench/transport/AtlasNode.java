package dev.atlas.it.bench.transport;

import dev.atlas.net.connection.BlockingNetworkNode;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.OutgoingStub;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.net.transport.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * Atlas as replicas use it: votes' module, default configuration but for the plaintext. That module drops what its queue cannot hold, so
 * a receiver says now and then how much it has, as a protocol's answers do, and a sender keeps to a window.
 */
final class AtlasNode implements BenchNode {

    private static final int WINDOW = 8192;
    private static final int ACKNOWLEDGE_EVERY = 1024;

    private final int self;
    private final Tally tally;
    private final SystemEnvironment environment;
    private final BlockingNetworkNode node;
    private final List<AtlasLink> links;

    AtlasNode(int self, List<Integer> ports, boolean tls, Tally tally) {
        this.self = self;
        this.tally = tally;
        this.environment = SystemEnvironment.create("bench-" + self, 1);
        KeyPair keys = keys(self);
        Transport transport = tls ? new TlsTransport(new TcpTransport(), keys) : new TcpTransport();
        this.node = new BlockingNetworkNode(
                environment,
                transport,
                LocalIdentity.replica("bench", new ReplicaId(self), new Ed25519Scheme(), keys),
                new StaticNetworkInformation(IntStream.range(0, ports.size())
                        .mapToObj(i -> info(i, ports))
                        .toList()),
                tls ? NetworkConfig.DEFAULT : NetworkConfig.DEFAULT.withPlaintext(),
                List.of(new NodeAddress("127.0.0.1", ports.get(self))));
        this.links = IntStream.range(0, ports.size())
                .mapToObj(i -> new AtlasLink(node.outgoing(ModuleId.PROTOCOL), new ReplicaId(i)))
                .toList();
        node.incoming(ModuleId.PROTOCOL).receiver(this::receive);
        node.incoming(ModuleId.RECONFIGURATION)
                .receiver((from, messages) -> links.get(number(from)).acknowledge(messages.getLast()));
        node.start();
    }

    /** The same in every process, and no secret: a benchmark's key guards nothing. */
    private static KeyPair keys(int number) {
        byte[] secret = new byte[32];
        secret[0] = (byte) (number + 1);
        return new Ed25519Scheme().fromSecret(secret);
    }

    private static NodeInfo info(int number, List<Integer> ports) {
        return new NodeInfo(
                new ReplicaId(number),
                NodeKind.REPLICA,
                keys(number).publicKey(),
                List.of(new NodeAddress("127.0.0.1", ports.get(number))));
    }

    private static int number(NodeId peer) {
        return ((ReplicaId) peer).number();
    }

    private void receive(NodeId from, List<ByteBuffer> messages) {
        int peer = number(from);
        long before = tally.receivedFrom(peer);
        tally.messages(peer, messages);
        long now = before + messages.size();
        if (now / ACKNOWLEDGE_EVERY != before / ACKNOWLEDGE_EVERY) {
            node.outgoing(ModuleId.RECONFIGURATION)
                    .send(from, ByteBuffer.allocate(Long.BYTES).putLong(0, now));
        }
    }

    @Override
    public void connect() throws InterruptedException {
        while (node.connected().size() < links.size() - 1) {
            environment.sleep(Duration.ofMillis(10));
        }
        // The second connection of each pool follows the first.
        environment.sleep(Duration.ofMillis(200));
    }

    @Override
    public Link to(int peer) {
        return links.get(peer);
    }

    @Override
    public void close() {
        node.close();
        environment.close();
    }

    @Override
    public String toString() {
        return "atlas-" + self;
    }

    private static final class AtlasLink implements Link {

        private final OutgoingStub stub;
        private final ReplicaId peer;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private volatile long acknowledged;
        /** Owned by the sending thread. */
        private long sent;

        AtlasLink(OutgoingStub stub, ReplicaId peer) {
            this.stub = stub;
            this.peer = peer;
        }

        @Override
        public void send(ByteBuffer message) throws InterruptedException {
            if (sent - acknowledged >= WINDOW) {
                awaitRoom();
            }
            if (!stub.send(peer, message)) {
                throw new IllegalStateException("dropped within the window: the connection to " + peer + " is gone");
            }
            sent++;
        }

        private void awaitRoom() throws InterruptedException {
            lock.lock();
            try {
                while (sent - acknowledged >= WINDOW) {
                    changed.await();
                }
            } finally {
                lock.unlock();
            }
        }

        void acknowledge(ByteBuffer message) {
            lock.lock();
            try {
                acknowledged = message.getLong(message.position());
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void flush() {}
    }
}
