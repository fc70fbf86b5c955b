package dev.atlas.it.sim.byzantine;

import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Stands between a node and its network, on the sending thread: passes a message on, alters it, keeps it, or sends it to somebody twice. */
@FunctionalInterface
public interface Interceptor {

    /**
     * @param onward sends to {@code to}; may be called any number of times, now or on a later timer of the node
     */
    void outgoing(NodeId to, ModuleId module, ByteBuffer payload, Consumer<ByteBuffer> onward);

    /** Overhears what arrives, before the node does. */
    default void incoming(NodeId from, ModuleId module, ByteBuffer payload) {}
}
