package dev.atlas.it.peers;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.cluster.SimPeer;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/** All of them are simulated processes; the seed picks the schedule. What the real replica says, the oracles hear too. */
final class SimulatedPeers implements Peers {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LOOK = Duration.ofMillis(5);

    private final SimCluster cluster;
    private final Map<Integer, SimPeer> peers = new TreeMap<>();

    SimulatedPeers(SimOptions options, long seed) throws Exception {
        cluster = SimCluster.prepare(options, seed);
        for (int number : List.of(0, 2, 3)) {
            peers.put(number, cluster.play(number));
        }
        cluster.start(REAL.number(), StartMode.GENESIS);
        cluster.run(Duration.ofMillis(1));
        await("the peers are connected", () -> status().connected().size() == 3);
    }

    /** Lets virtual time pass. */
    void pass(Duration duration) {
        cluster.run(duration);
    }

    Duration now() {
        return Duration.ofNanos(cluster.scheduler().nowNanos());
    }

    /** What one of the played members has heard. */
    List<SimPeer.Heard> heardBy(int peer) {
        return peer(peer).heard();
    }

    private SimPeer peer(int number) {
        SimPeer peer = peers.get(number);
        if (peer == null) {
            throw new IllegalArgumentException("nobody plays " + number);
        }
        return peer;
    }

    @Override
    public String cluster() {
        return SimCluster.CLUSTER_ID;
    }

    @Override
    public void sayBytes(int peer, ByteBuffer bytes) {
        if (!peer(peer).sayBytes(REAL, bytes)) {
            throw new AssertionError("peer " + peer + " is not heard");
        }
    }

    @Override
    public <M extends Signable> Signed<M> sign(int peer, M content) {
        return peer(peer).sign(content);
    }

    @Override
    public RequestBundle bundle(long number) {
        return cluster.sealed(
                List.of(new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, number, ByteString.EMPTY)));
    }

    @Override
    public List<OrderingMessage> said() {
        return peers.values().stream()
                .flatMap(peer -> peer.heard().stream())
                .map(SimPeer.Heard::message)
                .toList();
    }

    @Override
    public ReplicaStatus status() {
        return cluster.status(REAL.number());
    }

    @Override
    public void await(String what, Callable<Boolean> condition) throws Exception {
        Duration end = now().plus(PATIENCE);
        while (!condition.call()) {
            if (now().compareTo(end) > 0) {
                throw new AssertionError(
                        "not within " + PATIENCE + ": " + what + "\nheard: " + said() + "\n" + status());
            }
            cluster.run(LOOK);
        }
    }

    @Override
    public void close() {
        cluster.checkRunning();
        cluster.close();
    }
}
