package dev.atlas.it.fuzz;

import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.transport.Channel;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;

/** A peer that says some bytes, in pieces of random size, and then no more. Owned by one thread. */
class BytesChannel implements Channel {

    private final Random random;
    private ByteBuffer left;

    BytesChannel(byte[] bytes, Random random) {
        this.left = ByteBuffer.wrap(bytes);
        this.random = random;
    }

    /** What comes when everything has been read; empty for the end of the stream. */
    byte[] more() {
        return new byte[0];
    }

    @Override
    public Optional<PublicKey> secure() {
        return Optional.empty();
    }

    @Override
    public int read(ByteBuffer target) {
        if (!left.hasRemaining()) {
            left = ByteBuffer.wrap(more());
        }
        if (!target.hasRemaining()) {
            throw new IllegalStateException("nothing can be read into a full buffer");
        }
        if (!left.hasRemaining()) {
            return -1;
        }
        int most = Math.min(left.remaining(), target.remaining());
        int count = 1 + random.nextInt(random.nextInt(4) == 0 ? Math.min(most, 7) : most);
        target.put(left.slice(left.position(), count));
        left.position(left.position() + count);
        return count;
    }

    @Override
    public void write(ByteBuffer source) {
        source.position(source.limit());
    }

    @Override
    public String remoteHost() {
        return "fuzz";
    }

    @Override
    public void close() {}
}
