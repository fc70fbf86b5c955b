package dev.atlas.net.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.handshake.Handshake;
import dev.atlas.net.handshake.HandshakeResult;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.transport.Channel;

/** A peer that a test plays: it owns a member's key and says what the test likes. */
record ScriptedPeer(TestNodes nodes, KeyPair keys, int number) {

    HandshakeResult.Accepted handshake(Channel channel) {
        HandshakeResult result = new Handshake(
                        nodes.environment, nodes.identity(number, keys), nodes, kind -> 1, true, TestNodes.LONG)
                .dial(channel, new ReplicaId(0), 0);
        assertThat(result).isInstanceOf(HandshakeResult.Accepted.class);
        return (HandshakeResult.Accepted) result;
    }
}
