package dev.atlas.net.connection;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.HandshakeResult;
import dev.atlas.net.handshake.LocalIdentity;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.net.transport.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** A client that has shaken hands, as any stranger can, and then does as it likes. */
record HostileClient(Channel channel, AtomicBoolean isCut) implements AutoCloseable {

    static HostileClient connect(TestNodes nodes, NodeAddress address) throws IOException {
        KeyPair keys = nodes.keys();
        Channel channel = nodes.transport(keys, "hostile").connect(address);
        HandshakeResult result = new Handshake(
                        nodes.environment,
                        LocalIdentity.client(TestNodes.CLUSTER, nodes.scheme, keys),
                        nodes,
                        kind -> 1,
                        true,
                        TestNodes.LONG)
                .dial(channel, new ReplicaId(0), 0);
        if (!(result instanceof HandshakeResult.Accepted)) {
            channel.close();
            throw new IOException("refused: " + result);
        }
        return new HostileClient(channel, new AtomicBoolean());
    }

    private static ByteBuffer header(int length) {
        return ByteBuffer.allocate(5)
                .putInt(length)
                .put(ModuleId.APPLICATION.code())
                .flip();
    }

    /** Announces a message and sends the beginning of it; the node may cut that short. */
    void beginFrame(int length, int sent) {
        write(header(length));
        write(ByteBuffer.allocate(sent));
    }

    void request(int length) {
        beginFrame(length, length);
    }

    /** Many messages of one byte each. */
    void burst(int messages) {
        ByteBuffer frames = ByteBuffer.allocate(messages * 6);
        for (int message = 0; message < messages; message++) {
            frames.put(header(1)).put((byte) message);
        }
        write(frames.flip());
    }

    boolean isOpen() {
        return !isCut.get();
    }

    /** One byte more. */
    void drip() {
        write(ByteBuffer.allocate(1));
    }

    private void write(ByteBuffer bytes) {
        try {
            channel.write(bytes);
        } catch (IOException cut) {
            // What the node has done about this client is in its counts, which are what a test looks at.
            isCut.set(true);
            channel.close();
        }
    }

    @Override
    public void close() {
        channel.close();
    }
}
