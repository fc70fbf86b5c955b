package dev.atlas.core.preprocessing;

import dev.atlas.core.message.RequestBundle;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import java.util.HashMap;
import java.util.Map;

/**
 * Who has how much waiting to be ordered. Not thread-safe: the lock of {@link BodyStore} guards it.
 *
 * <p>What a client sends itself counts against its quota and against what all clients may have together, in which it has a share that shrinks as that fills;
 * beyond either, the client is told to slow down.
 * What a member forwards counts against that member alone, in bytes and in bundles of one client, so a faulty member with many clients' keys uses up its
 * own room. That room is there whatever else waits: a backup forwards what it times, and a primary that refused it for its load would lose its view to a
 * flood. What a proposal or a certificate names always gets in and is nobody's: refused, it would stop agreement.
 */
final class PendingAccounts {

    private final PreProcessingConfig config;
    private final Map<ClientId, Usage> ofClients = new HashMap<>();
    private final Map<NodeId, Forwarded> ofPeers = new HashMap<>();
    private long bytesOfClients;

    PendingAccounts(PreProcessingConfig config) {
        this.config = config;
    }

    /** Whether a body may wait on an account. */
    enum Answer {
        ROOM,
        OVER_QUOTA,
        CLIENTS_FULL,
        PEER_FULL
    }

    Answer ask(Origin origin, RequestBundle bundle) {
        return switch (origin) {
            case Origin.Needed ignored -> Answer.ROOM;
            case Origin.OfClient client -> ask(client.client(), bundle);
            case Origin.OfPeer peer -> ask(peer.peer(), bundle);
        };
    }

    /**
     * A client with nothing waiting is within its quota, however large its bundle.
     *
     * <p>Nobody may have more waiting than all clients leave free (the dynamic threshold of Choudhury and Hahne, 1998, with alpha 1). So k clients that
     * take what they can leave one part in k + 1 to those that have little, who would otherwise have to be there first whenever something is ordered.
     */
    private Answer ask(ClientId client, RequestBundle bundle) {
        Usage mine = ofClients.get(client);
        if (mine != null
                && (mine.count + bundle.requests().size() > config.pendingPerClient()
                        || mine.bytes + bundle.size() > config.pendingBytesPerClient())) {
            return Answer.OVER_QUOTA;
        }
        long taken = bundle.footprint() + (mine == null ? 0 : mine.footprint);
        return bytesOfClients == 0 || taken <= config.pendingBytes() - bytesOfClients
                ? Answer.ROOM
                : Answer.CLIENTS_FULL;
    }

    /**
     * A member forwards what it times: of a client so many bundles that it has sent itself, and as many that others have brought. What is refused it does not
     * forward again in this view, and may leave it for that.
     */
    private Answer ask(NodeId peer, RequestBundle bundle) {
        Forwarded its = ofPeers.get(peer);
        boolean room = its == null
                || (its.bytes + bundle.footprint() <= config.pendingBytesPerPeer()
                        && its.bundles.getOrDefault(bundle.client(), 0) < 2L * config.timedPerClient());
        return room ? Answer.ROOM : Answer.PEER_FULL;
    }

    void add(Origin origin, RequestBundle bundle) {
        switch (origin) {
            case Origin.Needed ignored -> {}
            case Origin.OfClient client -> {
                Usage mine = ofClients.computeIfAbsent(client.client(), unknown -> new Usage());
                mine.count += bundle.requests().size();
                mine.bytes += bundle.size();
                mine.footprint += bundle.footprint();
                bytesOfClients += bundle.footprint();
            }
            case Origin.OfPeer peer -> {
                Forwarded its = ofPeers.computeIfAbsent(peer.peer(), unknown -> new Forwarded());
                its.bytes += bundle.footprint();
                its.bundles.merge(bundle.client(), 1, Integer::sum);
            }
        }
    }

    void remove(Origin origin, RequestBundle bundle) {
        switch (origin) {
            case Origin.Needed ignored -> {}
            case Origin.OfClient client -> {
                bytesOfClients -= bundle.footprint();
                ofClients.computeIfPresent(client.client(), (unused, mine) -> {
                    mine.count -= bundle.requests().size();
                    mine.bytes -= bundle.size();
                    mine.footprint -= bundle.footprint();
                    return mine.count <= 0 ? null : mine;
                });
            }
            case Origin.OfPeer peer ->
                ofPeers.computeIfPresent(peer.peer(), (unused, its) -> {
                    its.bytes -= bundle.footprint();
                    its.bundles.computeIfPresent(
                            bundle.client(), (client, bundles) -> bundles <= 1 ? null : bundles - 1);
                    return its.bundles.isEmpty() ? null : its;
                });
        }
    }

    private static final class Usage {
        private int count;
        private long bytes;
        private long footprint;
    }

    private static final class Forwarded {
        private long bytes;
        private final Map<ClientId, Integer> bundles = new HashMap<>();
    }
}
