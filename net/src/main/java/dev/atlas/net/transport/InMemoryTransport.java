package dev.atlas.net.transport;

import dev.atlas.net.identity.NodeAddress;
import java.io.IOException;

/** One machine's view of an {@link InMemoryNetwork}. */
record InMemoryTransport(InMemoryNetwork network, String host) implements Transport {

    @Override
    public Listener listen(NodeAddress address) throws IOException {
        return network.listen(address);
    }

    @Override
    public Channel connect(NodeAddress address) throws IOException {
        return network.connect(host, address);
    }
}
