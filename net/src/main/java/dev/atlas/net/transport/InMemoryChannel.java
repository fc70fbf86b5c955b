package dev.atlas.net.transport;

import dev.atlas.net.crypto.PublicKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** One end of an in-memory connection: it reads from one pipe and writes to the other. */
record InMemoryChannel(InMemoryPipe incoming, InMemoryPipe outgoing, String remoteHost) implements Channel {

    @Override
    public Optional<PublicKey> secure() {
        return Optional.empty();
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
    public void close() {
        incoming.closeReading();
        outgoing.closeWriting();
    }
}
