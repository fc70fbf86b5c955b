package dev.atlas.core.node;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.net.identity.ClientId;
import java.util.Collection;

/** Sends answers to clients. Thread-safe, never blocks; an answer to a slow or absent client is dropped, and the client asks again. */
public interface ReplyNode {

    void send(ClientId client, ApplicationMessage message);

    /** Bytes that have not left for the client yet, and would go before the next answer. */
    long waiting(ClientId client);

    void broadcast(Collection<ClientId> clients, ApplicationMessage message);
}
