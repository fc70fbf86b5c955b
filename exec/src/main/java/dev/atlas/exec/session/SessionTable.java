package dev.atlas.exec.session;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ClientId;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All sessions. Every batch passes it, in log order, before anything executes.
 *
 * <p>A number is executed at most once: an executed one is answered from the table, with another body it is a conflict, at or below
 * acknowledged-up-to it is dead, and a session that is not here is expired, never new.
 */
public final class SessionTable {

    private final SessionLimits limits;
    private final TreeMap<ClientId, Client> clients = new TreeMap<>();

    /** Clients by where in the log they were last seen: the first is evicted first. */
    private final TreeMap<SessionId, ClientId> byLastUse = new TreeMap<>();

    private int sessions;

    /** Clients of an earlier generation are shared with a snapshot and copied before they are changed. */
    private int generation;

    public SessionTable(SessionLimits limits) {
        this.limits = limits;
    }

    /**
     * The table as it is now, for {@link #writeTo} on any thread while this one goes on changing. Costs a reference for each client, not their sessions.
     */
    public SessionTable snapshot() {
        SessionTable snapshot = new SessionTable(limits);
        snapshot.clients.putAll(clients);
        generation++;
        return snapshot;
    }

    /** The client, to be changed. */
    private @Nullable Client owned(ClientId id) {
        Client known = clients.get(id);
        if (known == null || known.generation == generation) {
            return known;
        }
        Client copy = new Client(known, generation);
        clients.put(id, copy);
        return copy;
    }

    /** Number of open sessions. */
    public int sessions() {
        return sessions;
    }

    /** Prunes what the client has its answers to; before the operations of the bundle that carries it are judged. */
    public void acknowledge(ClientId client, Acknowledgement acknowledgement) {
        Client known = owned(client);
        Session session = known == null ? null : known.sessions.get(acknowledgement.session());
        if (session != null) {
            session.acknowledge(Math.min(acknowledgement.upTo(), session.acknowledgedUpTo() + limits.window()));
        }
    }

    /**
     * Judges one ordered request or session opening.
     *
     * @param place of this request in the log; unique
     */
    public Verdict judge(ClientId client, Request request, SessionId place) {
        return switch (request.kind()) {
            case OPEN_SESSION -> new Verdict.Answer(open(client, request, place));
            case ORDERED -> judgeOrdered(client, request, place);
            case UNORDERED -> throw new IllegalArgumentException("unordered requests have no place in the log");
        };
    }

    /** Keeps the answer to a request that was judged {@link Verdict.Execute}. */
    public void executed(ClientId client, Request request, Reply reply) {
        Client known = owned(client);
        Session session = known == null ? null : known.sessions.get(request.session());
        // What a later request of the same block has acknowledged is not kept, as if it had been recorded before.
        if (session != null && request.number() > session.acknowledgedUpTo()) {
            session.record(request.number(), Hasher.hash(request.payload().asReadOnlyByteBuffer()), reply);
        }
    }

    /**
     * The answer to a request that stands in the log, for a client that has missed it; empty if the request is not settled here yet. Changes nothing.
     *
     * @param sequence of the last batch that passed this table: sessions opened after it are not here yet, those of before have expired
     */
    public Optional<Reply> repeat(ClientId client, Request request, long sequence) {
        Client known = clients.get(client);
        return switch (request.kind()) {
            case OPEN_SESSION ->
                known == null || request.number() > known.lastOpening
                        ? Optional.empty()
                        : Optional.of(known.repeatOpening(request));
            case ORDERED -> {
                Session session = known == null ? null : known.sessions.get(request.session());
                if (session != null) {
                    yield session.settled(request);
                }
                yield request.session().sequence() > sequence
                        ? Optional.empty()
                        : Optional.of(Reply.refused(request, Outcome.EXPIRED));
            }
            case UNORDERED -> Optional.empty();
        };
    }

    /** What this table has answered, at the batch of this sequence number. */
    public AnsweredNumbers answered(long sequence) {
        Map<ClientId, AnsweredNumbers.OfClient> numbers = new HashMap<>();
        clients.forEach((id, client) -> {
            Map<SessionId, AnsweredNumbers.OfSession> open = new HashMap<>();
            client.sessions.forEach((name, session) -> open.put(
                    name, new AnsweredNumbers.OfSession(session.acknowledgedUpTo(), session.executedNumbers())));
            numbers.put(id, new AnsweredNumbers.OfClient(client.lastOpening, open));
        });
        return new AnsweredNumbers(sequence, numbers);
    }

    private Reply open(ClientId client, Request request, SessionId place) {
        Client known = owned(client);
        if (known != null && request.number() <= known.lastOpening) {
            return known.repeatOpening(request);
        }
        if (known == null) {
            evictClientIfFull();
            known = new Client(generation);
            clients.put(client, known);
        }
        if (known.sessions.size() >= limits.sessionsPerClient()) {
            known.evictLeastRecentlyUsed();
            sessions--;
        }
        known.lastOpening = request.number();
        known.lastOpened = place;
        known.sessions.put(place, new Session(place));
        sessions++;
        touch(client, known, place);
        return opened(request.number(), place);
    }

    private Verdict judgeOrdered(ClientId client, Request request, SessionId place) {
        Client known = owned(client);
        Session session = known == null ? null : known.sessions.get(request.session());
        if (known == null || session == null) {
            return new Verdict.Answer(Reply.refused(request, Outcome.EXPIRED));
        }
        if (request.number() > session.acknowledgedUpTo() + limits.window()) {
            known.sessions.remove(request.session());
            sessions--;
            return new Verdict.Answer(Reply.refused(request, Outcome.EXPIRED));
        }
        touch(client, known, place);
        session.used(place);
        Optional<Reply> settled = session.settled(request);
        return settled.isPresent() ? new Verdict.Answer(settled.get()) : new Verdict.Execute();
    }

    private void touch(ClientId client, Client known, SessionId place) {
        byLastUse.remove(known.lastUsed, client);
        known.lastUsed = place;
        byLastUse.put(place, client);
    }

    private void evictClientIfFull() {
        if (clients.size() >= limits.clients()) {
            Map.Entry<SessionId, ClientId> oldest = byLastUse.pollFirstEntry();
            Client evicted = clients.remove(oldest.getValue());
            sessions -= evicted == null ? 0 : evicted.sessions.size();
        }
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

    /** Writes the table; equal tables write equal bytes. */
    public void writeTo(DataOutputStream target) throws IOException {
        target.writeInt(clients.size());
        for (Map.Entry<ClientId, Client> entry : clients.entrySet()) {
            target.write(entry.getKey().keyHash().toBytes());
            Client client = entry.getValue();
            Session.write(target, client.lastUsed);
            target.writeLong(client.lastOpening);
            Session.write(target, client.lastOpened);
            target.writeInt(client.sessions.size());
            for (Session session : client.sessions.values()) {
                session.writeTo(target);
            }
        }
    }

    /**
     * Reads what {@link #writeTo} wrote.
     *
     * @throws IOException also if a count is beyond the limits: the source is not trusted before its digest is checked
     */
    public static SessionTable readFrom(DataInputStream source, SessionLimits limits) throws IOException {
        SessionTable table = new SessionTable(limits);
        int count = source.readInt();
        if (count < 0 || count > limits.clients()) {
            throw new IOException("a session table with " + count + " clients");
        }
        for (int index = 0; index < count; index++) {
            ClientId id = new ClientId(Digest.of(source.readNBytes(Digest.BYTES)));
            Client client = new Client(table.generation);
            client.lastUsed = Session.readPlace(source);
            client.lastOpening = source.readLong();
            client.lastOpened = Session.readPlace(source);
            int open = source.readInt();
            if (open < 0 || open > limits.sessionsPerClient()) {
                throw new IOException("a client with " + open + " sessions");
            }
            for (int each = 0; each < open; each++) {
                Session session = Session.readFrom(source, limits.window());
                client.sessions.put(session.id(), session);
            }
            table.sessions += open;
            table.clients.put(id, client);
            table.byLastUse.put(client.lastUsed, id);
        }
        return table;
    }

    private static final class Client {
        private final TreeMap<SessionId, Session> sessions = new TreeMap<>();
        private long lastOpening = -1;
        private SessionId lastOpened = SessionId.NONE;
        private SessionId lastUsed = SessionId.NONE;
        private final int generation;

        Client(int generation) {
            this.generation = generation;
        }

        Client(Client original, int generation) {
            this.generation = generation;
            this.lastOpening = original.lastOpening;
            this.lastOpened = original.lastOpened;
            this.lastUsed = original.lastUsed;
            original.sessions.forEach((id, session) -> sessions.put(id, new Session(session)));
        }

        /** The answer to an opening that is not above the last one. */
        Reply repeatOpening(Request request) {
            return request.number() == lastOpening && sessions.containsKey(lastOpened)
                    ? opened(request.number(), lastOpened)
                    : Reply.refused(request, Outcome.STALE_OPENING);
        }

        void evictLeastRecentlyUsed() {
            sessions.values().stream()
                    .min((left, right) -> left.lastUsed().compareTo(right.lastUsed()))
                    .ifPresent(oldest -> sessions.remove(oldest.id()));
        }
    }
}
