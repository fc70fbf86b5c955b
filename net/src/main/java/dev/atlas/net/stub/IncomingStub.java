package dev.atlas.net.stub;

import dev.atlas.net.identity.NodeId;
import java.nio.ByteBuffer;
import java.util.List;

/** Where one module's messages arrive. */
public interface IncomingStub {

    /** Sets the receiver; once, before the network starts. */
    void receiver(FrameReceiver receiver);

    /** Receives whole messages. */
    @FunctionalInterface
    interface FrameReceiver {

        /**
         * Takes the messages of one read, in order, on the connection's reader thread; blocking here slows down this peer and no
         * other. The sender is authenticated by the connection. The list is the receiver's to keep. The buffers are big-endian,
         * array-backed when they come off the wire (so that decoders can alias them), and never overwritten later; neighbours share
         * the array, so nobody writes to them, and whoever keeps a small message for long copies it. Must not throw on any input.
         */
        void receive(NodeId from, List<ByteBuffer> messages);
    }
}
