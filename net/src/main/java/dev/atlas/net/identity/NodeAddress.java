package dev.atlas.net.identity;

/**
 * A place to connect to. The transport resolves it: a host name or literal for TCP, any label in memory.
 *
 * @param port 0 to 65535; 0 lets a listener choose
 */
public record NodeAddress(String host, int port) {

    public NodeAddress {
        if (host.isBlank()) {
            throw new IllegalArgumentException("an address needs a host");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("a port is 0 to 65535, not " + port);
        }
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
