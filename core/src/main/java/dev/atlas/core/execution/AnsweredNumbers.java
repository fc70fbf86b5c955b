package dev.atlas.core.execution;

import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.identity.ClientId;
import java.util.Map;
import java.util.Set;

/**
 * What the sessions of a state have answered: a hint, soon out of date. What it names was answered and stays so; what it does not name may have been since.
 *
 * @param sequence of the state
 */
public record AnsweredNumbers(long sequence, Map<ClientId, OfClient> clients) {

    /** Of a state that has answered nothing. */
    public static final AnsweredNumbers NONE = new AnsweredNumbers(0, Map.of());

    public AnsweredNumbers {
        clients = Map.copyOf(clients);
    }

    /**
     * @param lastOpening the highest opening number that was ordered
     */
    public record OfClient(long lastOpening, Map<SessionId, OfSession> sessions) {
        public OfClient {
            sessions = Map.copyOf(sessions);
        }
    }

    /**
     * @param upTo these are answered or will never execute
     * @param above those of the higher numbers that are answered
     */
    public record OfSession(long upTo, Set<Long> above) {
        public OfSession {
            above = Set.copyOf(above);
        }
    }

    /** Whether ordering the bundle would execute nothing: it orders something, and all of that is answered. */
    public boolean covers(RequestBundle bundle) {
        boolean orders = false;
        for (Request request : bundle.requests()) {
            if (request.kind() != Request.Kind.UNORDERED) {
                orders = true;
                if (!isAnswered(bundle.client(), request)) {
                    return false;
                }
            }
        }
        return orders;
    }

    private boolean isAnswered(ClientId client, Request request) {
        OfClient known = clients.get(client);
        if (request.kind() == Request.Kind.OPEN_SESSION) {
            return known != null && request.number() <= known.lastOpening();
        }
        OfSession session = known == null ? null : known.sessions().get(request.session());
        if (session == null) {
            // Sessions are named by their place in the log: one of below that is not here has expired.
            return request.session().sequence() <= sequence;
        }
        return request.number() <= session.upTo() || session.above().contains(request.number());
    }
}
