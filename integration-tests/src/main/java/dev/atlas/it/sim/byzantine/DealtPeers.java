package dev.atlas.it.sim.byzantine;

import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.stub.ModuleId;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** Each peer belongs to one twin, to the other, or to both, until the peers are dealt out anew. */
public final class DealtPeers implements Twins.Rule {

    private final Randomness random;
    /** For each peer: bit 0 for the first twin, bit 1 for the second. */
    private final Map<NodeId, Integer> speaksTo = new HashMap<>();

    private final Map<NodeId, Integer> hears = new HashMap<>();

    public DealtPeers(Randomness random) {
        this.random = random;
    }

    public void deal() {
        speaksTo.clear();
        hears.clear();
    }

    @Override
    public boolean speaks(int twin, NodeId to, ModuleId module, ByteBuffer payload) {
        return isDealt(speaksTo, to, twin);
    }

    @Override
    public boolean hears(int twin, NodeId from, ModuleId module, ByteBuffer payload) {
        return isDealt(hears, from, twin);
    }

    private boolean isDealt(Map<NodeId, Integer> dealt, NodeId peer, int twin) {
        return (dealt.computeIfAbsent(peer, unused -> 1 + random.below(3)) & 1 << twin) != 0;
    }
}
