package dev.atlas.it.sim.byzantine;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.NodeId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A primary that equivocates consistently: to some it proposes one batch and commits to it, to the others another batch of the same requests, which they can prepare
 * at once.
 */
final class TwoFaces {

    private static final int MOST_REMEMBERED = 256;

    private final Randomness random;
    private final Map<Slot, Digest> others = new LinkedHashMap<>();
    private final Map<Audience, Boolean> faces = new HashMap<>();

    private record Slot(long view, long sequence) {}

    private record Audience(long view, NodeId peer) {}

    TwoFaces(Randomness random) {
        this.random = random;
    }

    /** What the peer is told instead, if it sees the other face. */
    Optional<OrderingMessage> other(NodeId peer, OrderingMessage honest) {
        return switch (honest) {
            case PrePrepare said
            when seesOther(said.view(), peer) -> {
                Batch other = Batches.of(
                        said.batch().timestampMillis() + 1, said.batch().bundles());
                if (others.size() < MOST_REMEMBERED) {
                    others.put(new Slot(said.view(), said.sequence()), other.digest());
                }
                yield Optional.of(new PrePrepare(said.epoch(), said.view(), said.sequence(), other));
            }
            case Commit said
            when seesOther(said.view(), peer) ->
                Optional.ofNullable(others.get(new Slot(said.view(), said.sequence())))
                        .map(digest -> new Commit(said.epoch(), said.view(), said.sequence(), digest));
            case OrderingMessage ignored -> Optional.empty();
        };
    }

    private boolean seesOther(long view, NodeId peer) {
        if (faces.size() > MOST_REMEMBERED) {
            faces.clear();
        }
        return faces.computeIfAbsent(new Audience(view, peer), unused -> random.chance(0.4));
    }
}
