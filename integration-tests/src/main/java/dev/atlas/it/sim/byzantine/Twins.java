package dev.atlas.it.sim.byzantine;

import dev.atlas.it.node.ForwardingNode;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.IncomingStub;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Two correct replicas behind one identity (Bano et al., "Twins: BFT Systems Made Robust", OPODIS'21): whatever each says is
 * consistent, and together they equivocate. A rule says who hears and is heard by which twin.
 *
 * <p>Both run on one network node; it starts with the first and closes with the last.
 */
public final class Twins {

    private final NetworkNode real;
    private final Rule rule;
    private final Map<ModuleId, List<IncomingStub.FrameReceiver>> receivers = new EnumMap<>(ModuleId.class);
    private int running;
    private boolean started;

    /** Which twin speaks to whom and hears whom. */
    public interface Rule {

        boolean speaks(int twin, NodeId to, ModuleId module, ByteBuffer payload);

        boolean hears(int twin, NodeId from, ModuleId module, ByteBuffer payload);
    }

    public Twins(NetworkNode real, Rule rule) {
        this.real = real;
        this.rule = rule;
        for (ModuleId module : ModuleId.values()) {
            receivers.put(module, new ArrayList<>());
        }
    }

    /** The network as one of the twins sees it. */
    public NetworkNode twin(int index) {
        running++;
        return new Face(index);
    }

    private void register(ModuleId module, int twin, IncomingStub.FrameReceiver receiver) {
        List<IncomingStub.FrameReceiver> both = receivers.getOrDefault(module, new ArrayList<>());
        if (both.isEmpty()) {
            real.incoming(module).receiver((from, messages) -> both.forEach(each -> each.receive(from, messages)));
        }
        both.add((from, messages) -> {
            List<ByteBuffer> heard = new ArrayList<>();
            for (ByteBuffer message : messages) {
                if (rule.hears(twin, from, module, message)) {
                    heard.add(message.duplicate());
                }
            }
            if (!heard.isEmpty()) {
                receiver.receive(from, heard);
            }
        });
    }

    /** One twin's view of the node. */
    private final class Face extends ForwardingNode {
        private final int twin;
        private final Map<ModuleId, IncomingStub> incoming = new EnumMap<>(ModuleId.class);

        Face(int twin) {
            super(Twins.this.real);
            this.twin = twin;
        }

        @Override
        public OutgoingStub outgoing(ModuleId module) {
            OutgoingStub stub = real.outgoing(module);
            return new OutgoingStub() {
                @Override
                public boolean send(NodeId to, ByteBuffer payload) {
                    return rule.speaks(twin, to, module, payload) && stub.send(to, payload);
                }

                @Override
                public void broadcast(Collection<? extends NodeId> to, ByteBuffer payload) {
                    to.forEach(each -> send(each, payload));
                }

                @Override
                public boolean sendNewest(NodeId to, int slot, ByteBuffer payload) {
                    // Both twins use the same slots: the newest of one must not displace the other's.
                    return rule.speaks(twin, to, module, payload) && stub.send(to, payload);
                }

                @Override
                public long waiting(NodeId to) {
                    return stub.waiting(to);
                }
            };
        }

        @Override
        public IncomingStub incoming(ModuleId module) {
            return incoming.computeIfAbsent(module, unused -> receiver -> register(module, twin, receiver));
        }

        @Override
        public void start() {
            if (started) {
                real.start();
            }
            started = true;
        }

        @Override
        public void close() {
            if (--running == 0) {
                real.close();
            }
        }
    }
}
