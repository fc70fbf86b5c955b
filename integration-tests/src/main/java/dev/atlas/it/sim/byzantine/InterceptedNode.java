package dev.atlas.it.sim.byzantine;

import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.IncomingStub;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** A network node whose outgoing messages to others pass an {@link Interceptor}. */
public record InterceptedNode(NetworkNode real, Interceptor interceptor) implements NetworkNode {

    @Override
    public NodeId self() {
        return real.self();
    }

    @Override
    public OutgoingStub outgoing(ModuleId module) {
        OutgoingStub stub = real.outgoing(module);
        return new OutgoingStub() {
            @Override
            public boolean send(NodeId to, ByteBuffer payload) {
                if (to.equals(self())) {
                    return stub.send(to, payload);
                }
                boolean[] sent = {false};
                interceptor.outgoing(to, module, payload, message -> sent[0] = stub.send(to, message));
                return sent[0];
            }

            @Override
            public void broadcast(Collection<? extends NodeId> to, ByteBuffer payload) {
                to.forEach(each -> send(each, payload));
            }

            @Override
            public boolean sendNewest(NodeId to, int slot, ByteBuffer payload) {
                boolean[] sent = {false};
                interceptor.outgoing(to, module, payload, message -> sent[0] = stub.sendNewest(to, slot, message));
                return sent[0];
            }
        };
    }

    @Override
    public IncomingStub incoming(ModuleId module) {
        IncomingStub stub = real.incoming(module);
        return receiver -> stub.receiver((from, messages) -> {
            messages.forEach(message -> interceptor.incoming(from, module, message));
            receiver.receive(from, messages);
        });
    }

    @Override
    public void start() {
        real.start();
    }

    @Override
    public void membershipChanged() {
        real.membershipChanged();
    }

    @Override
    public List<NodeAddress> listening() {
        return real.listening();
    }

    @Override
    public Set<NodeId> connected() {
        return real.connected();
    }

    @Override
    public void onPeerChange(PeerListener listener) {
        real.onPeerChange(listener);
    }

    @Override
    public void close() {
        real.close();
    }
}
