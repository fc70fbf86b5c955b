package dev.atlas.exec.session;

import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.Invariants;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
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
 *
 * <p>Any number of batches may be judged before the first of them executes: what is remembered, and what requests are answered, is the same.
 */
public final class SessionTable {

    private final SessionLimits limits;
    private final Ledger ledger;
    private final TreeMap<ClientId, Client> clients = new TreeMap<>();

    /** Clients by where in the log they were last seen: the first is evicted first. */
    private final TreeMap<SessionId, ClientId> byLastUse = new TreeMap<>();

    private int sessions;

    /** Clients of an earlier generation are shared with a snapshot and copied before they are changed. */
    private int generation;

    public SessionTable(SessionLimits limits) {
        this.limits = limits;
        this.ledger = new Ledger(limits.results());
    }

    /**
     * The table as it is now, for {@link #writeTo} on any thread while this one goes on changing. Costs a reference for each client, not their
     * sessions. Nothing may wait for a reply.
     */
    public SessionTable snapshot() {
        Invariants.check(ledger.isSettled(), () -> "a snapshot while operations are executed");
        SessionTable snapshot = new SessionTable(limits);
        snapshot.clients.putAll(clients);
        generation++;
        return snapshot;
    }

    /** The client, to be changed. */
    private @Nullable Client owned(ClientId id) {
        Client known = clients.get(id);
        if (known == null || known.generation() == generation) {
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

    /** Bytes of results that count against what is kept for all clients. */
    long sharedResultBytes() {
        return ledger.sharedBytes();
    }

    /** Prunes what the client has its answers to; before the operations of the bundle that carries it are judged. */
    public void acknowledge(ClientId client, Acknowledgement acknowledgement) {
        Client known = owned(client);
        Session session = known == null ? null : known.session(acknowledgement.session());
        if (known != null && session != null) {
            // However far ahead: a client that was cut off may have given up more than a window. Numbers must not
            // overflow.
            session.acknowledge(Math.min(acknowledgement.upTo(), Long.MAX_VALUE - limits.window()));
            ledger.prune(known, session, session.acknowledgedUpTo());
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

    /**
     * Keeps the reply to a request that was judged {@link Verdict.Execute}, if there is room for its result. To be called for each of them, in the order in
     * which they were judged.
     *
     * @return what a repetition of the request is answered
     */
    public Reply executed(Reply reply) {
        return ledger.executed(reply);
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
                known == null || request.number() > known.lastOpening()
                        ? Optional.empty()
                        : Optional.of(known.repeatOpening(request));
            case ORDERED -> {
                Session session = known == null ? null : known.session(request.session());
                if (session != null) {
                    yield session.judge(request, limits.results()) instanceof Verdict.Answer settled
                            ? Optional.of(settled.reply())
                            : Optional.empty();
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
            client.sessions()
                    .forEach(session -> open.put(
                            session.id(),
                            new AnsweredNumbers.OfSession(session.acknowledgedUpTo(), session.executedNumbers())));
            numbers.put(id, new AnsweredNumbers.OfClient(client.lastOpening(), open));
        });
        return new AnsweredNumbers(sequence, numbers);
    }

    private Reply open(ClientId client, Request request, SessionId place) {
        Client known = owned(client);
        if (known != null && request.number() <= known.lastOpening()) {
            return known.repeatOpening(request);
        }
        if (known == null) {
            evictClientIfFull();
            known = new Client(generation);
            clients.put(client, known);
        }
        if (known.sessions().size() >= limits.sessionsPerClient()) {
            close(known, known.leastRecentlyUsed().orElseThrow());
        }
        Reply opened = known.open(request, place);
        sessions++;
        touch(client, known, place);
        return opened;
    }

    private Verdict judgeOrdered(ClientId client, Request request, SessionId place) {
        Client known = owned(client);
        Session session = known == null ? null : known.session(request.session());
        if (known == null || session == null) {
            return new Verdict.Answer(Reply.refused(request, Outcome.EXPIRED));
        }
        if (request.number() > session.acknowledgedUpTo() + limits.window()) {
            close(known, session);
            return new Verdict.Answer(Reply.refused(request, Outcome.EXPIRED));
        }
        touch(client, known, place);
        session.used(place);
        Verdict verdict = session.judge(request, limits.results());
        if (verdict instanceof Verdict.Execute) {
            ledger.execute(known, session, request);
        }
        return verdict;
    }

    private void close(Client client, Session session) {
        client.remove(session);
        sessions--;
        ledger.close(client, session);
    }

    private void touch(ClientId client, Client known, SessionId place) {
        byLastUse.remove(known.lastUsed(), client);
        known.used(place);
        byLastUse.put(place, client);
    }

    private void evictClientIfFull() {
        if (clients.size() >= limits.clients()) {
            Map.Entry<SessionId, ClientId> oldest = byLastUse.pollFirstEntry();
            Client evicted = clients.remove(oldest.getValue());
            if (evicted != null) {
                sessions -= evicted.sessions().size();
                ledger.forget(evicted);
            }
        }
    }

    /** Writes the table; equal tables write equal bytes. */
    public void writeTo(DataOutputStream target) throws IOException {
        target.writeInt(clients.size());
        for (Map.Entry<ClientId, Client> entry : clients.entrySet()) {
            target.write(entry.getKey().keyHash().toBytes());
            entry.getValue().writeTo(target);
        }
    }

    /**
     * Reads what {@link #writeTo} wrote.
     *
     * @throws IOException also if something is beyond the limits: the source is not trusted before its digest is checked
     */
    public static SessionTable readFrom(DataInputStream source, SessionLimits limits) throws IOException {
        SessionTable table = new SessionTable(limits);
        int count = source.readInt();
        if (count < 0 || count > limits.clients()) {
            throw new IOException("a session table with " + count + " clients");
        }
        for (int index = 0; index < count; index++) {
            ClientId id = new ClientId(Digest.of(source.readNBytes(Digest.BYTES)));
            Client client = Client.readFrom(source, limits, table.generation);
            if (table.clients.put(id, client) != null) {
                throw new IOException("a session table with a client twice");
            }
            table.ledger.add(client);
            table.sessions += client.sessions().size();
            table.byLastUse.put(client.lastUsed(), id);
        }
        return table;
    }
}
