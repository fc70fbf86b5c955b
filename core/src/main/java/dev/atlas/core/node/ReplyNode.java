package dev.atlas.core.node;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.net.identity.ClientId;
import java.util.Collection;

/** Sends answers to clients. Thread-safe, never blocks; an answer to a slow or absent client is dropped, and the client asks again. */
public interface ReplyNode {

    void send(ClientId client, ApplicationMessage message);

    void broadcast(Collection<ClientId> clients, ApplicationMessage message);
}
