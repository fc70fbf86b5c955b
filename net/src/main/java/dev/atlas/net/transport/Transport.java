package dev.atlas.net.transport;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.identity.NodeAddress;
import java.io.IOException;

/** Makes blocking byte channels. Thread-safe. */
public interface Transport {

    /**
     * Starts listening.
     *
     * @throws IOException naming the address, if it cannot be bound
     */
    Listener listen(NodeAddress address) throws IOException;

    /**
     * Connects, blocking; interrupting the calling thread ends the attempt.
     *
     * @throws IOException if nobody answers there
     */
    Channel connect(NodeAddress address) throws IOException;

    /** From now on proves this key on new channels; nothing to do for a transport that authenticates nobody. */
    default void replaceKey(KeyPair keyPair) {}

    /** A bound listening address. */
    interface Listener extends AutoCloseable {

        /** Where it listens, with the real port if 0 was asked for. */
        NodeAddress address();

        /**
         * Blocks for the next incoming channel. No bytes have been exchanged on it: security is negotiated by {@link
         * Channel#secure}, on the channel's own thread, so that one stalled peer never holds up the accept loop.
         */
        Channel accept() throws IOException;

        @Override
        void close();
    }
}
