package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Takes clients' bundles off the network and hands them to pre-processing. */
final class ClientInbox {

    private final RequestPreProcessor requests;
    private final LongAdder malformed = new LongAdder();

    ClientInbox(RequestPreProcessor requests) {
        this.requests = requests;
    }

    /** Messages that were none, or not a client's to send. */
    long malformed() {
        return malformed.sum();
    }

    void receive(NodeId from, List<ByteBuffer> messages) {
        for (ByteBuffer message : messages) {
            if (from instanceof ClientId client
                    && ApplicationCodec.decode(message)
                            instanceof Decoded.Value<ApplicationMessage>(ApplicationMessage.Bundle bundle)) {
                requests.receive(client, bundle.envelope());
            } else {
                malformed.increment();
            }
        }
    }
}
