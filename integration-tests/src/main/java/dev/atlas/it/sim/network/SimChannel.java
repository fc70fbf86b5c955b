package dev.atlas.it.sim.network;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** One end of a simulated connection. */
final class SimChannel implements Channel {

    private final SimPipe incoming;
    private final SimPipe outgoing;
    private final Link linkOut;
    private final String remoteHost;
    private final Optional<PublicKey> peerKey;
    private boolean closed;

    SimChannel(SimPipe incoming, SimPipe outgoing, Link linkOut, String remoteHost, Optional<PublicKey> peerKey) {
        this.incoming = incoming;
        this.outgoing = outgoing;
        this.linkOut = linkOut;
        this.remoteHost = remoteHost;
        this.peerKey = peerKey;
    }

    /** The key that the other end has: what TLS would have proved, without the cost. */
    @Override
    public Optional<PublicKey> secure() {
        return peerKey;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return incoming.read(target);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        outgoing.write(source);
    }

    @Override
    public String remoteHost() {
        return remoteHost;
    }

    /** As TCP does it: what was written arrives, then the end; what the other end still writes is answered with a reset. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            outgoing.finish();
            incoming.abandon();
            linkOut.deliver(linkOut.arrival(0, 0), incoming::breakNow);
        }
    }

    boolean isOver() {
        return incoming.isOver() || outgoing.isOver();
    }

    /** Both directions fail at once, at both ends. */
    void reset() {
        incoming.breakNow();
        outgoing.breakNow();
    }
}
