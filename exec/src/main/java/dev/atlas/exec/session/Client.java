package dev.atlas.exec.session;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One client and its sessions. */
final class Client {

    private final TreeMap<SessionId, Session> sessions = new TreeMap<>();
    private final int generation;
    private long lastOpening = -1;
    private SessionId lastOpened = SessionId.NONE;
    private SessionId lastUsed = SessionId.NONE;

    /** Bytes of results that the {@link Ledger} keeps for it, in all sessions. */
    private long keptBytes;

    Client(int generation) {
        this.generation = generation;
    }

    /** A copy that can be changed by itself. */
    Client(Client original, int generation) {
        this.generation = generation;
        this.lastOpening = original.lastOpening;
        this.lastOpened = original.lastOpened;
        this.lastUsed = original.lastUsed;
        this.keptBytes = original.keptBytes;
        original.sessions.forEach((id, session) -> sessions.put(id, new Session(session)));
    }

    int generation() {
        return generation;
    }

    long lastOpening() {
        return lastOpening;
    }

    SessionId lastUsed() {
        return lastUsed;
    }

    void used(SessionId place) {
        lastUsed = place;
    }

    long keptBytes() {
        return keptBytes;
    }

    void keepBytes(long bytes) {
        keptBytes = bytes;
    }

    @Nullable
    Session session(SessionId id) {
        return sessions.get(id);
    }

    Collection<Session> sessions() {
        return Collections.unmodifiableCollection(sessions.values());
    }

    Reply open(Request request, SessionId place) {
        lastOpening = request.number();
        lastOpened = place;
        sessions.put(place, new Session(place));
        return opened(request.number(), place);
    }

    /** The answer to an opening that is not above the last one. */
    Reply repeatOpening(Request request) {
        return request.number() == lastOpening && sessions.containsKey(lastOpened)
                ? opened(request.number(), lastOpened)
                : Reply.refused(request, Outcome.STALE_OPENING);
    }

    private static Reply opened(long number, SessionId session) {
        return new Reply(
                Request.Kind.OPEN_SESSION,
                session,
                number,
                session.sequence(),
                Outcome.SESSION_OPENED,
                ByteString.EMPTY);
    }

    Optional<Session> leastRecentlyUsed() {
        return sessions.values().stream().min(Comparator.comparing(Session::lastUsed));
    }

    void remove(Session session) {
        sessions.remove(session.id());
    }

    void writeTo(DataOutputStream target) throws IOException {
        Session.write(target, lastUsed);
        target.writeLong(lastOpening);
        Session.write(target, lastOpened);
        target.writeInt(sessions.size());
        for (Session session : sessions.values()) {
            session.writeTo(target);
        }
    }

    static Client readFrom(DataInputStream source, SessionLimits limits, int generation) throws IOException {
        Client client = new Client(generation);
        client.lastUsed = Session.readPlace(source);
        client.lastOpening = source.readLong();
        client.lastOpened = Session.readPlace(source);
        int open = source.readInt();
        if (open < 0 || open > limits.sessionsPerClient()) {
            throw new IOException("a client with " + open + " sessions");
        }
        for (int each = 0; each < open; each++) {
            Session session = Session.readFrom(source, limits);
            if (client.sessions.put(session.id(), session) != null) {
                throw new IOException("a client that has a session twice");
            }
        }
        return client;
    }
}
