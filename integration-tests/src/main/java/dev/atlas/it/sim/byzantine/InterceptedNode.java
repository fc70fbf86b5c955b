package dev.atlas.it.sim.byzantine;

import dev.atlas.it.node.ForwardingNode;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.IncomingStub;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.util.Collection;

/** A network node whose outgoing messages to others pass an {@link Interceptor}. */
public final class InterceptedNode extends ForwardingNode {

    private final Interceptor interceptor;

    public InterceptedNode(NetworkNode real, Interceptor interceptor) {
        super(real);
        this.interceptor = interceptor;
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

            @Override
            public long waiting(NodeId to) {
                return stub.waiting(to);
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
}
