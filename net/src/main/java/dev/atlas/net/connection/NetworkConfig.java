package dev.atlas.net.connection;

import dev.atlas.net.concurrent.Backoff;
import dev.atlas.net.config.Checks;
import dev.atlas.net.frame.FrameLimits;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.stub.ModuleId;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * How a node treats its connections. Immutable; validated on construction.
 *
 * @param plaintext whether a transport without encryption may be used; both ends then sign in the handshake, but what follows can be
 *     read and altered by whoever is on the path
 */
public record NetworkConfig(Timing timing, Pools pools, Buffers buffers, Limits limits, boolean plaintext) {

    /** The defaults, which insist on TLS. */
    public static final NetworkConfig DEFAULT =
            new NetworkConfig(Timing.DEFAULT, Pools.DEFAULT, Buffers.DEFAULT, Limits.DEFAULT, false);

    public NetworkConfig withTiming(Timing changed) {
        return new NetworkConfig(changed, pools, buffers, limits, plaintext);
    }

    public NetworkConfig withPools(Pools changed) {
        return new NetworkConfig(timing, changed, buffers, limits, plaintext);
    }

    public NetworkConfig withBuffers(Buffers changed) {
        return new NetworkConfig(timing, pools, changed, limits, plaintext);
    }

    public NetworkConfig withLimits(Limits changed) {
        return new NetworkConfig(timing, pools, buffers, changed, plaintext);
    }

    /** Asks for plaintext. */
    public NetworkConfig withPlaintext() {
        return new NetworkConfig(timing, pools, buffers, limits, true);
    }

    /**
     * Deadlines and intervals, all positive.
     *
     * @param handshake from a connection's first byte to its authentication, TLS included
     * @param connect for one attempt to connect
     * @param heartbeat a writer that was idle for this long says that it lives
     * @param missedHeartbeats a peer that was silent for this many intervals is down, at least 1
     * @param reconnectMin first wait after a failed or lost connection; doubles up to {@code reconnectMax}
     * @param close how long closing a node waits for its threads
     */
    public record Timing(
            Duration handshake,
            Duration connect,
            Duration heartbeat,
            int missedHeartbeats,
            Duration reconnectMin,
            Duration reconnectMax,
            Duration close) {

        public static final Timing DEFAULT = new Timing(
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(500),
                6,
                Duration.ofMillis(50),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5));

        public Timing {
            Checks.positive("handshake", handshake);
            Checks.positive("connect", connect);
            Checks.positive("heartbeat", heartbeat);
            Checks.atLeastOne("missedHeartbeats", missedHeartbeats);
            Checks.positive("reconnectMin", reconnectMin);
            Checks.positive("close", close);
            if (reconnectMax.compareTo(reconnectMin) < 0) {
                throw new IllegalArgumentException(
                        "reconnectMax " + reconnectMax + " is below reconnectMin " + reconnectMin);
            }
        }

        Backoff.Policy reconnect() {
            return new Backoff.Policy(reconnectMin, reconnectMax);
        }
    }

    /**
     * Connections for each peer; both ends should agree, since the accepting end refuses what is beyond its own.
     *
     * @param perReplicaPair between two replicas or followers
     * @param perClient between a client and each replica
     */
    public record Pools(int perReplicaPair, int perClient) {

        /** More than this brings nothing and only costs threads. */
        public static final int MAX = 16;

        public static final Pools DEFAULT = new Pools(2, 1);

        public Pools {
            Checks.between("perReplicaPair", perReplicaPair, MAX);
            Checks.between("perClient", perClient, MAX);
        }

        int size(NodeKind one, NodeKind other) {
            return one == NodeKind.CLIENT || other == NodeKind.CLIENT ? perClient : perReplicaPair;
        }
    }

    /**
     * Memory of a connection, in bytes. A queue takes one message whatever its size when it is empty.
     *
     * @param read most that one read brings; the buffer of an idle connection is smaller. TLS holds up to 84 KB more for reading while a
     *     connection is busy, and likewise for writing
     * @param write most that is gathered for one write
     * @param protocolQueue bound of the waiting messages of the protocol and of reconfiguration, each
     * @param applicationQueue bound of the waiting requests or replies
     * @param clientQueue the same towards a client, of which there are many
     * @param transferQueue bound of waiting state-transfer messages; a full one blocks its sender
     */
    public record Buffers(
            int read, int write, int protocolQueue, int applicationQueue, int clientQueue, int transferQueue) {

        public static final Buffers DEFAULT = new Buffers(64 << 10, 64 << 10, 32 << 20, 16 << 20, 8 << 20, 8 << 20);

        /** Smallest read or write buffer: room for a header and something to carry. */
        public static final int MIN = 64;

        public Buffers {
            if (read < MIN || write < MIN) {
                throw new IllegalArgumentException("read and write buffers have at least " + MIN + " bytes");
            }
            Checks.atLeastOne("protocolQueue", protocolQueue);
            Checks.atLeastOne("applicationQueue", applicationQueue);
            Checks.atLeastOne("clientQueue", clientQueue);
            Checks.atLeastOne("transferQueue", transferQueue);
        }
    }

    /**
     * What strangers and clients may take up.
     *
     * @param clientFrame largest payload to or from a client, and of requests between replicas, in bytes
     * @param protocolFrame the same for protocol and reconfiguration between replicas
     * @param transferFrame the same for state transfer; with room for a part of the state and 1 KiB around it
     * @param unauthenticated connections in the handshake, in all
     * @param unauthenticatedPerHost connections of one address in the handshake; IPv6 addresses that share their first 64 bits are one
     * @param clients connected clients, in all
     * @param clientsPerHost connected clients of one address, likewise. Keys cost nothing, so whoever has as many addresses as it takes
     *     to reach {@code clients} keeps later clients out, though neither those that are in nor replicas
     * @param clientMemory bytes that all clients together may keep waiting here, beyond 16 KiB each in either direction and the buffers of
     *     their connections: unfinished requests that are larger than a buffer, and replies that are not read. One that needs more when
     *     there is none loses replies, or its connection
     */
    public record Limits(
            int clientFrame,
            int protocolFrame,
            int transferFrame,
            int unauthenticated,
            int unauthenticatedPerHost,
            int clients,
            int clientsPerHost,
            long clientMemory) {

        public static final Limits DEFAULT =
                new Limits(2 << 20, 16 << 20, 8 << 20, 1024, 128, 16_384, 10_240, 256L << 20);

        public Limits {
            Checks.atLeastOne("clientFrame", clientFrame);
            Checks.atLeastOne("protocolFrame", protocolFrame);
            Checks.atLeastOne("transferFrame", transferFrame);
            Checks.atLeastOne("unauthenticated", unauthenticated);
            Checks.atLeastOne("unauthenticatedPerHost", unauthenticatedPerHost);
            Checks.atLeastOne("clients", clients);
            Checks.atLeastOne("clientsPerHost", clientsPerHost);
            Checks.atLeastOne("clientMemory", clientMemory);
        }

        public Limits withClientFrame(int changed) {
            return new Limits(
                    changed,
                    protocolFrame,
                    transferFrame,
                    unauthenticated,
                    unauthenticatedPerHost,
                    clients,
                    clientsPerHost,
                    clientMemory);
        }

        public Limits withProtocolFrame(int changed) {
            return new Limits(
                    clientFrame,
                    changed,
                    transferFrame,
                    unauthenticated,
                    unauthenticatedPerHost,
                    clients,
                    clientsPerHost,
                    clientMemory);
        }

        public Limits withTransferFrame(int changed) {
            return new Limits(
                    clientFrame,
                    protocolFrame,
                    changed,
                    unauthenticated,
                    unauthenticatedPerHost,
                    clients,
                    clientsPerHost,
                    clientMemory);
        }

        /** What a connection between these two may carry; a client has no business in the protocol or in transfers. */
        FrameLimits between(NodeKind one, NodeKind other) {
            Map<ModuleId, Integer> frames = new EnumMap<>(ModuleId.class);
            if (one == NodeKind.CLIENT || other == NodeKind.CLIENT) {
                frames.put(ModuleId.APPLICATION, clientFrame);
                frames.put(ModuleId.RECONFIGURATION, clientFrame);
            } else {
                frames.put(ModuleId.APPLICATION, clientFrame);
                frames.put(ModuleId.RECONFIGURATION, protocolFrame);
                frames.put(ModuleId.PROTOCOL, protocolFrame);
                frames.put(ModuleId.STATE_TRANSFER, transferFrame);
            }
            return new FrameLimits(frames);
        }
    }
}
