package dev.atlas.it.node;

import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.IncomingStub;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.stub.NetworkNode;
import java.util.List;
import java.util.Set;

/** Stands before a node and does what that does; subclasses change what is sent, and more if they like. As thread-safe as the node. */
public abstract class ForwardingNode implements NetworkNode {

    protected final NetworkNode real;

    protected ForwardingNode(NetworkNode real) {
        this.real = real;
    }

    @Override
    public NodeId self() {
        return real.self();
    }

    @Override
    public IncomingStub incoming(ModuleId module) {
        return real.incoming(module);
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
