package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.net.identity.ClientId;
import java.util.Collection;

/** For tests in which no client has anything to hear. */
final class NoReplies implements ReplyNode {

    @Override
    public void send(ClientId client, ApplicationMessage message) {
        throw new AssertionError("nothing to say to " + client);
    }

    @Override
    public void broadcast(Collection<ClientId> clients, ApplicationMessage message) {
        throw new AssertionError("nothing to say to " + clients);
    }

    @Override
    public long waiting(ClientId client) {
        return 0;
    }
}
