package dev.atlas.core.preprocessing;

import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Bundles that their clients no longer wait for. Not thread-safe: the lock of {@link Batcher} guards it.
 *
 * <p>In order of session and number: what is decided costs what it takes out, however much its client has given up.
 */
final class GivenUp {

    private final Map<ClientId, NavigableMap<Place, RequestBundle>> byClient = new HashMap<>();

    /** A client may ask for the same number in several bundles: their digests tell them apart. */
    private record Place(SessionId session, long last, Digest digest) implements Comparable<Place> {

        /** Before all bundles of the session. */
        static Place firstOf(SessionId session) {
            return new Place(session, 0, Digest.ZERO);
        }

        static Optional<Place> of(RequestBundle bundle) {
            return lastOf(bundle).map(last -> new Place(last.session(), last.upTo(), bundle.digest()));
        }

        boolean isCoveredBy(Acknowledgement acknowledgement) {
            return session.equals(acknowledgement.session()) && last <= acknowledgement.upTo();
        }

        @Override
        public int compareTo(Place other) {
            int order = session.compareTo(other.session);
            if (order == 0) {
                order = Long.compare(last, other.last);
            }
            return order == 0 ? digest.compareTo(other.digest) : order;
        }
    }

    /**
     * The least acknowledgement that covers all that a bundle asks for. Empty if it asks for anything but numbers of one session: such a bundle is not given
     * up but ordered, so that none need be found by several sessions.
     */
    static Optional<Acknowledgement> lastOf(RequestBundle bundle) {
        SessionId session = bundle.requests().getFirst().session();
        long last = 0;
        for (Request request : bundle.requests()) {
            if (request.kind() != Request.Kind.ORDERED || !request.session().equals(session)) {
                return Optional.empty();
            }
            last = Math.max(last, request.number());
        }
        return Optional.of(new Acknowledgement(session, last));
    }

    void add(RequestBundle bundle) {
        Place.of(bundle)
                .ifPresent(place -> byClient.computeIfAbsent(bundle.client(), client -> new TreeMap<>())
                        .put(place, bundle));
    }

    void remove(RequestBundle bundle) {
        NavigableMap<Place, RequestBundle> mine = byClient.get(bundle.client());
        if (mine != null) {
            Place.of(bundle).ifPresent(mine::remove);
            removeIfEmpty(bundle.client(), mine);
        }
    }

    /** Takes out what the newer bundle acknowledges. */
    List<RequestBundle> takeBefore(RequestBundle newer) {
        NavigableMap<Place, RequestBundle> mine = byClient.get(newer.client());
        if (mine == null) {
            return List.of();
        }
        List<RequestBundle> taken = new ArrayList<>();
        for (Acknowledgement acknowledgement : newer.acknowledgements()) {
            Place first = Place.firstOf(acknowledgement.session());
            Map.Entry<Place, RequestBundle> next = mine.ceilingEntry(first);
            while (next != null && next.getKey().isCoveredBy(acknowledgement)) {
                taken.add(next.getValue());
                mine.remove(next.getKey());
                next = mine.ceilingEntry(first);
            }
        }
        removeIfEmpty(newer.client(), mine);
        return taken;
    }

    private void removeIfEmpty(ClientId client, NavigableMap<Place, RequestBundle> mine) {
        if (mine.isEmpty()) {
            byClient.remove(client);
        }
    }
}
