package dev.atlas.net.transport;

import dev.atlas.net.identity.NodeAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Plain TCP over socket channels in blocking mode: a virtual thread that waits in one gives up its carrier.
 *
 * <p>Nagle's algorithm is off, because the writer above coalesces by itself and a lone message must leave at once. A connection
 * attempt has no timeout of its own; whoever starts it interrupts it.
 *
 * <p>Looking up a name holds a carrier thread, for which the JDK puts in another meanwhile, and heeds no interrupt: it takes as long as
 * the resolver of the machine has patience. Numeric addresses are not looked up.
 */
public final class TcpTransport implements Transport {

    /** Peers that the kernel may hold for the accept loop; what is beyond retries by itself. */
    private static final int BACKLOG = 1024;

    @Override
    public Listener listen(NodeAddress address) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.bind(resolve(address), BACKLOG);
            InetSocketAddress bound = (InetSocketAddress) server.getLocalAddress();
            return new TcpListener(server, new NodeAddress(address.host(), bound.getPort()));
        } catch (IOException e) {
            server.close();
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Channel connect(NodeAddress address) throws IOException {
        SocketChannel socket = SocketChannel.open();
        try {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            socket.connect(resolve(address));
            return new TcpChannel(socket);
        } catch (IOException e) {
            socket.close();
            throw new IOException("cannot connect to " + address + ": " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            Closing.quietly(socket);
            throw e;
        }
    }

    private static InetSocketAddress resolve(NodeAddress address) throws IOException {
        InetSocketAddress resolved = new InetSocketAddress(address.host(), address.port());
        if (resolved.isUnresolved()) {
            throw new IOException("unknown host " + address.host());
        }
        return resolved;
    }

    private record TcpListener(ServerSocketChannel server, NodeAddress address) implements Listener {

        @Override
        public Channel accept() throws IOException {
            SocketChannel socket = server.accept();
            try {
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                return new TcpChannel(socket);
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        }

        @Override
        public void close() {
            Closing.quietly(server);
        }
    }
}
