package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.node.ReplyNode;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.stub.OutgoingStub;
import java.util.Collection;

/** Answers over the application module. */
record NetworkReplyNode(OutgoingStub stub) implements ReplyNode {

    @Override
    public void send(ClientId client, ApplicationMessage message) {
        stub.send(client, ApplicationCodec.encode(message));
    }

    @Override
    public long waiting(ClientId client) {
        return stub.waiting(client);
    }

    @Override
    public void broadcast(Collection<ClientId> clients, ApplicationMessage message) {
        stub.broadcast(clients, ApplicationCodec.encode(message));
    }
}
