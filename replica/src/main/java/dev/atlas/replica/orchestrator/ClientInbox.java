package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.ApplicationMessage;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.wire.ApplicationCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * Takes clients' bundles off the network and hands them to pre-processing.
 *
 * <p>On the threads of the clients' connections, which share their carriers with all others, and anybody can be a client: those that
 * decode at once have half of the carriers, and more wait their turn without one. Thread-safe.
 */
final class ClientInbox {

    private final RequestPreProcessor requests;
    private final LongAdder malformed = new LongAdder();
    /** First come, first served. Nothing may block that is done with a turn. */
    private final Semaphore turns;

    /** @param atOnce how many threads decode at once, at least 1 */
    ClientInbox(RequestPreProcessor requests, int atOnce) {
        this.requests = requests;
        this.turns = new Semaphore(atOnce, true);
    }

    /** Messages that were none, or not a client's to send. */
    long malformed() {
        return malformed.sum();
    }

    /** Threads that wait for their turn; an estimate. */
    int waiting() {
        return turns.getQueueLength();
    }

    void receive(NodeId from, List<ByteBuffer> messages) {
        turns.acquireUninterruptibly();
        try {
            decode(from, messages);
        } finally {
            turns.release();
        }
    }

    private void decode(NodeId from, List<ByteBuffer> messages) {
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
