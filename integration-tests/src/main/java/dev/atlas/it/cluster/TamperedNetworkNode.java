package dev.atlas.it.cluster;

import dev.atlas.it.node.ForwardingNode;
import dev.atlas.net.env.Timers;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import dev.atlas.net.stub.OutgoingStub;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.function.BooleanSupplier;

/** A network node whose outgoing messages pass through {@link Links}. */
final class TamperedNetworkNode extends ForwardingNode {

    private final Links links;
    private final Timers timers;

    TamperedNetworkNode(NetworkNode real, Links links, Timers timers) {
        super(real);
        this.links = links;
        this.timers = timers;
    }

    @Override
    public OutgoingStub outgoing(ModuleId module) {
        OutgoingStub stub = real.outgoing(module);
        return new OutgoingStub() {
            @Override
            public boolean send(NodeId to, ByteBuffer payload) {
                return links.pass(self(), to, module, payload)
                        .map(message -> sendLate(to, () -> stub.send(to, message)))
                        .orElse(false);
            }

            @Override
            public void broadcast(Collection<? extends NodeId> to, ByteBuffer payload) {
                to.forEach(each -> send(each, payload));
            }

            @Override
            public boolean sendNewest(NodeId to, int slot, ByteBuffer payload) {
                return links.pass(self(), to, module, payload)
                        .map(message -> sendLate(to, () -> stub.sendNewest(to, slot, message)))
                        .orElse(false);
            }

            @Override
            public long waiting(NodeId to) {
                return stub.waiting(to);
            }
        };
    }

    private boolean sendLate(NodeId to, BooleanSupplier sending) {
        Duration delay = links.delay(self(), to);
        if (delay.isZero()) {
            return sending.getAsBoolean();
        }
        var unused = timers.schedule(delay, () -> {
            boolean ignored = sending.getAsBoolean();
        });
        return true;
    }
}
