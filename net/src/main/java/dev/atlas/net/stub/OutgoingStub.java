package dev.atlas.net.stub;

import dev.atlas.net.identity.NodeId;
import java.nio.ByteBuffer;
import java.util.Collection;

/**
 * Sends one module's messages. Thread-safe; never blocks unless the module's policy says that a full queue blocks its sender.
 *
 * <p>A payload is handed over: the caller must not change its bytes afterwards; its position and limit are left alone. Sending to
 * oneself skips the wire and is delivered to the incoming stub of the same module. What a full queue or an absent peer drops is
 * counted; protocols recover by retransmission, never by relying on a send.
 */
public interface OutgoingStub {

    /** Queues the message; false if it was dropped at once (no connection, full queue, payload above the module's limit). */
    boolean send(NodeId to, ByteBuffer payload);

    /** {@link #send} to each, with one copy of the payload. */
    void broadcast(Collection<? extends NodeId> to, ByteBuffer payload);

    /**
     * Queues a message that must survive a full queue (VIEW-CHANGE, NEW-VIEW): a later one with the same {@code slot} replaces one
     * that is still waiting, and nothing else does.
     */
    boolean sendNewest(NodeId to, int slot, ByteBuffer payload);

    /** Bytes of this module's messages that have not left for the node yet, behind which the next one waits; 0 without a connection. */
    long waiting(NodeId to);
}
