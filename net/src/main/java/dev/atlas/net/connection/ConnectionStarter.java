package dev.atlas.net.connection;

import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.env.Environment;
import dev.atlas.net.handshake.HandshakeResult;
import dev.atlas.net.handshake.HandshakeResult.Accepted;
import dev.atlas.net.handshake.HandshakeResult.Rejected;
import dev.atlas.net.handshake.PeerIdentity;
import dev.atlas.net.handshake.RejectionReason;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.metrics.ConnectionRejectedEvent;
import dev.atlas.net.metrics.ConnectionUpEvent;
import dev.atlas.net.metrics.HandshakeEvent;
import dev.atlas.net.metrics.NetworkCounters;
import dev.atlas.net.transport.Channel;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What dialling and accepting have in common: from a channel through its handshake to the end of its connection. Thread-safe.
 *
 * @param isMember whether a peer is in the membership as it has proved itself; true for clients
 */
record ConnectionStarter(
        Environment environment,
        NetworkConfig config,
        NodeKind selfKind,
        NetworkCounters counters,
        Receivers receivers,
        Peers peers,
        SharedMemory clientMemory,
        Supervisor threads,
        Predicate<PeerIdentity> isMember) {

    static final String NO_MEMBER = "no longer a member with this key";

    /** A shake of hands, timed, with a refusal counted. */
    HandshakeResult shakeHands(Channel channel, boolean dialled, Function<Channel, HandshakeResult> handshake) {
        HandshakeEvent event = new HandshakeEvent();
        event.begin();
        HandshakeResult result = handshake.apply(channel);
        event.end();
        if (event.shouldCommit()) {
            event.remoteHost = channel.remoteHost();
            event.dialled = dialled;
            event.accepted = result instanceof Accepted;
            event.commit();
        }
        switch (result) {
            case Accepted accepted -> {}
            case Rejected rejected -> rejected(channel.remoteHost(), rejected.reason(), rejected.detail());
        }
        return result;
    }

    void rejected(String remoteHost, RejectionReason reason, String detail) {
        counters.rejected(reason);
        ConnectionRejectedEvent event = new ConnectionRejectedEvent();
        if (event.shouldCommit()) {
            event.remoteHost = remoteHost;
            event.reason = reason.name();
            event.detail = detail;
            event.commit();
        }
    }

    /**
     * Carries frames on the calling thread until the connection ends.
     *
     * @return false if there was no room for it
     */
    boolean run(Channel channel, Accepted accepted) {
        SharedMemory memory = accepted.peer().kind() == NodeKind.CLIENT ? clientMemory : SharedMemory.unlimited();
        Connection connection = new Connection(
                accepted.peer(), accepted.index(), channel, config, selfKind, counters, receivers, memory, environment);
        Optional<RejectionReason> refused = peers.add(connection);
        if (refused.isPresent()) {
            rejected(
                    channel.remoteHost(),
                    refused.get(),
                    String.valueOf(accepted.peer().id()));
            return false;
        }
        try {
            up(connection);
            if (!isMember.test(connection.peer())) {
                // Taken out after the handshake had looked, and before this connection was there to be cut off.
                connection.close(DownReason.REMOVED, NO_MEMBER);
            }
            connection.run(threads);
        } finally {
            peers.remove(connection);
        }
        return true;
    }

    private static void up(Connection connection) {
        ConnectionUpEvent event = new ConnectionUpEvent();
        if (event.shouldCommit()) {
            event.peer = connection.peer().id().toString();
            event.index = connection.index();
            event.remoteHost = connection.remoteHost();
            event.commit();
        }
    }
}
