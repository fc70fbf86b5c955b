package dev.atlas.core.preprocessing;

import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;

/** Who brought a body, and so on whose account it waits. */
sealed interface Origin {

    /** The client that signed it. */
    record OfClient(ClientId client) implements Origin {}

    /** A member that forwarded it. */
    record OfPeer(NodeId peer) implements Origin {}

    /** Nobody's account: a batch names it. What batches name is bounded as a whole ({@link BodyStore#isFull}), and is its client's when none does any more. */
    record Needed() implements Origin {}
}
