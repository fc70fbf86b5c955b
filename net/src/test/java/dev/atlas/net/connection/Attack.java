package dev.atlas.net.connection;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.frame.FrameViolation;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.metrics.NetworkCounters.Snapshot;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.TcpTransport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;

/** The catalogue of what may come at a node's port, each with the count by which the node says that it has met it. */
enum Attack {
    GARBAGE(refused(RejectionReason.TLS_FAILED)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            byte[] bytes = new byte[2000];
            new Random(5).nextBytes(bytes);
            bytes[0] = 0x7f;
            return raw(target, bytes);
        }
    },
    STALLED_HANDSHAKE(refused(RejectionReason.DEADLINE)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            return raw(target, new byte[] {0x16, 3});
        }
    },
    HALF_OPEN(snapshot -> refused(RejectionReason.DEADLINE).applyAsLong(snapshot)
            + refused(RejectionReason.TOO_MANY_UNAUTHENTICATED_FROM_HOST).applyAsLong(snapshot)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            return raw(target, new byte[0]);
        }
    },
    WRONG_VERSION(refused(RejectionReason.WRONG_VERSION)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            KeyPair keys = nodes.keys();
            Channel channel = nodes.transport(keys, "hostile").connect(target);
            channel.secure();
            channel.write(ByteBuffer.wrap(HostilePeerTest.hello(Handshake.PROTOCOL_VERSION + 1, keys)));
            return channel;
        }
    },
    STRANGER(refused(RejectionReason.UNKNOWN_NODE)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            return claim(nodes, target, nodes.keys(), 77);
        }
    },
    MEMBER_UNDER_ANOTHER_NAME(refused(RejectionReason.WRONG_KEY)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            KeyPair traitor = nodes.keys();
            nodes.member(8, traitor, List.of());
            return claim(nodes, target, traitor, VICTIM);
        }
    },
    OVERSIZE(violated(FrameViolation.OVERSIZE)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            HostileClient client = HostileClient.connect(nodes, target);
            client.beginFrame(Integer.MAX_VALUE, 1);
            return client.channel();
        }
    },
    TRUNCATION(violated(FrameViolation.TRUNCATED)) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            try (HostileClient client = HostileClient.connect(nodes, target)) {
                client.beginFrame(1000, 10);
                return client.channel();
            }
        }
    },
    SLOW_LARGE_REQUEST(Snapshot::hoards) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            HostileClient client = HostileClient.connect(nodes, target);
            client.beginFrame(FRAME, FRAME - 10_000);
            return client.channel();
        }
    },
    NEVER_READING(snapshot -> snapshot.stalls() + snapshot.hoards()) {
        @Override
        Channel begin(TestNodes nodes, NodeAddress target) throws IOException {
            HostileClient client = HostileClient.connect(nodes, target);
            for (int request = 0; request < 100; request++) {
                client.request(100_000);
            }
            return client.channel();
        }
    };

    /** The largest request that the node under attack takes. */
    static final int FRAME = 1 << 20;
    /** A member that never is. */
    static final int VICTIM = 9;

    private final ToLongFunction<Snapshot> count;

    Attack(ToLongFunction<Snapshot> count) {
        this.count = count;
    }

    /** How often the node has met it. */
    long count(Snapshot counts) {
        return count.applyAsLong(counts);
    }

    /**
     * Strikes once; the channel stays open for as long as the attacker likes.
     *
     * @throws IOException if the node has cut it off meanwhile
     */
    abstract Channel begin(TestNodes nodes, NodeAddress target) throws IOException;

    private static ToLongFunction<Snapshot> refused(RejectionReason reason) {
        return snapshot -> snapshot.rejections().get(reason);
    }

    private static ToLongFunction<Snapshot> violated(FrameViolation violation) {
        return snapshot -> snapshot.framingViolations().get(violation);
    }

    private static Channel raw(NodeAddress target, byte[] bytes) throws IOException {
        Channel channel = new TcpTransport().connect(target);
        channel.write(ByteBuffer.wrap(bytes));
        return channel;
    }

    private static Channel claim(TestNodes nodes, NodeAddress target, KeyPair keys, int name) throws IOException {
        Channel channel = nodes.transport(keys, "hostile").connect(target);
        new Handshake(nodes.environment, nodes.identity(name, keys), nodes, kind -> 1, true, TestNodes.LONG)
                .dial(channel, new ReplicaId(0), 0);
        return channel;
    }
}
