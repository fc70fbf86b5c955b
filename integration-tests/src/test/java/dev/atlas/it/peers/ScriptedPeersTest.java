package dev.atlas.it.peers;

/** On real threads. */
class ScriptedPeersTest extends PeerRules {

    @Override
    Peers open() throws Exception {
        return new ThreadedPeers();
    }
}
