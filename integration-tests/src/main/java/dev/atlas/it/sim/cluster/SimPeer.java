package dev.atlas.it.sim.cluster;

import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * A member that a test plays, honest or not: a process with a member's key and a production network, which says what it is told to say and remembers
 * what it hears.
 */
public final class SimPeer {

    private final SimCluster cluster;
    private final SimProcess process;
    private final ReplicaSigner signer;
    private final SimProcess.Outcome<NetworkNode> booted;
    private final List<Heard> heard = new ArrayList<>();

    /**
     * @param at virtual time
     */
    public record Heard(ReplicaId from, Duration at, OrderingMessage message) {}

    SimPeer(SimCluster cluster, SimProcess process, ReplicaSigner signer, Callable<NetworkNode> network) {
        this.cluster = cluster;
        this.process = process;
        this.signer = signer;
        this.booted = process.start("boot", () -> {
            NetworkNode node = network.call();
            node.incoming(ModuleId.PROTOCOL).receiver(this::hear);
            node.incoming(ModuleId.APPLICATION).receiver((from, messages) -> {});
            node.start();
            return node;
        });
    }

    /** Says something; false if it is dropped at once, for want of a connection, say. */
    public boolean say(ReplicaId to, OrderingMessage message) {
        return sayBytes(to, OrderingCodec.encode(message));
    }

    /** Says what need not be a message. */
    public boolean sayBytes(ReplicaId to, ByteBuffer bytes) {
        return cluster.call(
                process, () -> booted.value().outgoing(ModuleId.PROTOCOL).send(to, bytes.duplicate()));
    }

    /** With this member's key. */
    public <M extends Signable> Signed<M> sign(M content) {
        return signer.sign(content).signed();
    }

    /** All messages so far, in the order of their arrival. */
    public List<Heard> heard() {
        return List.copyOf(heard);
    }

    SimProcess process() {
        return process;
    }

    void close() {
        cluster.call(process, () -> {
            booted.value().close();
            return true;
        });
    }

    private void hear(NodeId from, List<ByteBuffer> messages) {
        for (ByteBuffer message : messages) {
            if (from instanceof ReplicaId member
                    && OrderingCodec.decode(message) instanceof Decoded.Value<OrderingMessage>(OrderingMessage said)) {
                heard.add(new Heard(member, Duration.ofNanos(cluster.scheduler().nowNanos()), said));
            }
        }
    }
}
