package dev.atlas.it.bench.transport;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What is compared. */
enum Contender {
    ATLAS,
    ATLAS_TLS,
    NETTY_NIO,
    NETTY_EPOLL,
    /** The limit: no queue, no identity, no heartbeat; whoever sends writes to the socket himself. */
    BARE;

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Contender of(String label) {
        return Arrays.stream(values())
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("atlas.bench.contenders: no '" + label
                        + "'; there are "
                        + Arrays.stream(values()).map(Contender::label).toList()));
    }

    /** A node that listens; it connects to the others when it is told to. */
    BenchNode open(int self, List<Integer> ports, Tally tally) throws IOException {
        return switch (this) {
            case ATLAS -> new AtlasNode(self, ports, false, tally);
            case ATLAS_TLS -> new AtlasNode(self, ports, true, tally);
            case NETTY_NIO -> new NettyNode(self, ports, false, tally);
            case NETTY_EPOLL -> new NettyNode(self, ports, true, tally);
            case BARE -> new BareNode(self, ports, tally);
        };
    }
}
