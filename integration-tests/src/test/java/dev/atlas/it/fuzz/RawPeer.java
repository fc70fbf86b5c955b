package dev.atlas.it.fuzz;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.tls.TlsTransport;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.TcpTransport;
import dev.atlas.protos.handshake.Acknowledge;
import dev.atlas.protos.handshake.Hello;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One end of a connection that keeps to no rule but what it is told to say. Owned by one thread. */
final class RawPeer implements AutoCloseable {

    private final Channel channel;

    private RawPeer(Channel channel) {
        this.channel = channel;
    }

    static RawPeer overTcp(NodeAddress address) throws IOException {
        return new RawPeer(new TcpTransport().connect(address));
    }

    /** With a certificate for the key. */
    static RawPeer overTls(NodeAddress address, SignatureScheme.KeyPair keys) throws IOException {
        Channel channel = new TlsTransport(new TcpTransport(), keys).connect(address);
        try {
            channel.secure();
        } catch (IOException refused) {
            channel.close();
            throw refused;
        }
        return new RawPeer(channel);
    }

    /** What a client says first. */
    static Hello hello(String cluster, SignatureScheme.KeyPair keys) {
        return Hello.newBuilder()
                .setProtocolVersion(1)
                .setClusterId(ByteString.copyFromUtf8(cluster))
                .setKind(3)
                .setPublicKey(ByteString.copyFrom(keys.publicKey().encoded()))
                .setNonce(ByteString.copyFrom(new byte[32]))
                .build();
    }

    /** An honest handshake over TLS, after which frames may follow. */
    void shakeHands(Hello hello) throws IOException {
        say(framed(hello.toByteArray()));
        hear();
        say(framed(Acknowledge.getDefaultInstance().toByteArray()));
        Acknowledge answer = Acknowledge.parseFrom(hear());
        if (answer.getRejection() != 0) {
            throw new IOException("refused: " + answer.getDetail());
        }
    }

    static byte[] framed(byte[] message) {
        return ByteBuffer.allocate(Integer.BYTES + message.length)
                .putInt(message.length)
                .put(message)
                .array();
    }

    /** Waits for the other end's first message, which tells that it listens. */
    void hearHello() throws IOException {
        if (hear().length == 0) {
            throw new EOFException();
        }
    }

    void say(byte[] bytes) throws IOException {
        channel.write(ByteBuffer.wrap(bytes));
    }

    private byte[] hear() throws IOException {
        return read(ByteBuffer.wrap(read(Integer.BYTES)).getInt());
    }

    private byte[] read(int bytes) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(bytes);
        while (target.hasRemaining()) {
            if (channel.read(target) < 0) {
                throw new EOFException();
            }
        }
        return target.array();
    }

    @Override
    public void close() {
        channel.close();
    }
}
