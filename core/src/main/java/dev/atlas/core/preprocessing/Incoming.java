package dev.atlas.core.preprocessing;

import com.google.protobuf.ByteString;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;

/** A bundle as it came, and over whose connection. */
record Incoming(NodeId from, ByteString envelope) {

    /** The lanes of an {@link Inbox}. */
    enum Lane {
        CLIENTS,
        PEERS
    }

    Lane lane() {
        return from instanceof ClientId ? Lane.CLIENTS : Lane.PEERS;
    }

    Origin origin() {
        return from instanceof ClientId client ? new Origin.OfClient(client) : new Origin.OfPeer(from);
    }
}
