package dev.atlas.net.stub;

import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeId;
import java.util.List;
import java.util.Set;

/** A node on the network: its stubs, its peers, its life. Thread-safe. */
public interface NetworkNode extends AutoCloseable {

    NodeId self();

    OutgoingStub outgoing(ModuleId module);

    IncomingStub incoming(ModuleId module);

    /**
     * Starts listening (replicas) and dialling; receivers must have been set.
     *
     * @throws java.io.UncheckedIOException if an address cannot be listened on; nothing has been started then
     */
    void start();

    /**
     * Says that the {@link dev.atlas.net.identity.NetworkInformation} has changed: connections to nodes that are gone, or whose key or
     * kind is another now, end; new ones are dialled.
     */
    void membershipChanged();

    /** Where this node listens; empty for a client or before {@link #start}. */
    List<NodeAddress> listening();

    /** Peers with at least one live connection. */
    Set<NodeId> connected();

    /** Calls back on peer up and down, on a network thread; must not block. */
    void onPeerChange(PeerListener listener);

    /** Ends every connection and thread within a deadline. Idempotent. */
    @Override
    void close();

    /** Hears of peers coming and going. */
    interface PeerListener {

        void up(NodeId peer);

        void down(NodeId peer);
    }
}
