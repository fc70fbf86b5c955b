package dev.atlas.exec.session;

import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Hasher;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One session: what was executed of it that its client has not acknowledged. */
final class Session {

    private final SessionId id;
    private final TreeMap<Long, Executed> executed;
    private long acknowledgedUpTo;

    /** Where in the log it was used last. */
    private SessionId lastUsed;

    /** Bytes of the results in {@link #executed}. */
    private long keptBytes;

    Session(SessionId id) {
        this.id = id;
        this.lastUsed = id;
        this.executed = new TreeMap<>();
    }

    /** A copy that can be changed by itself. */
    Session(Session original) {
        this.id = original.id;
        this.lastUsed = original.lastUsed;
        this.acknowledgedUpTo = original.acknowledgedUpTo;
        this.executed = new TreeMap<>(original.executed);
        this.keptBytes = original.keptBytes;
    }

    SessionId id() {
        return id;
    }

    SessionId lastUsed() {
        return lastUsed;
    }

    void used(SessionId place) {
        lastUsed = place;
    }

    long acknowledgedUpTo() {
        return acknowledgedUpTo;
    }

    long keptBytes() {
        return keptBytes;
    }

    /** Numbers at or below {@code upTo} are answered or given up; those not executed never will be. To {@link #prune} them is another step. */
    void acknowledge(long upTo) {
        acknowledgedUpTo = Math.max(acknowledgedUpTo, upTo);
    }

    /** Executed or answered or refused, by what stands before the request in the log. */
    Verdict judge(Request request, ResultLimits limits) {
        if (request.number() <= acknowledgedUpTo) {
            return new Verdict.Answer(Reply.refused(request, Reply.Outcome.DEAD));
        }
        Executed first = executed.get(request.number());
        if (first == null) {
            return new Verdict.Execute();
        }
        if (!first.operation().equals(Hasher.hash(request.payload().asReadOnlyByteBuffer()))) {
            return new Verdict.Answer(Reply.refused(request, Reply.Outcome.CONFLICT));
        }
        return switch (first) {
            case Executed.Kept kept -> new Verdict.Answer(kept.reply());
            case Executed.NotKept gone -> new Verdict.Answer(gone.reply(id, request.number(), limits));
            case Executed.Waiting waiting -> new Verdict.Again(waiting.execution());
        };
    }

    Set<Long> executedNumbers() {
        return executed.keySet();
    }

    /** Replaces what was known of the number. */
    void record(long number, Executed outcome) {
        executed.put(number, outcome);
        keptBytes += outcome.bytes();
    }

    /** Forgets what was executed up to a number; the bytes that this frees. */
    long prune(long upTo) {
        long freed = 0;
        Map<Long, Executed> pruned = executed.headMap(upTo, true);
        for (Executed each : pruned.values()) {
            freed += each.bytes();
        }
        pruned.clear();
        keptBytes -= freed;
        return freed;
    }

    void writeTo(DataOutputStream target) throws IOException {
        write(target, id);
        write(target, lastUsed);
        target.writeLong(acknowledgedUpTo);
        target.writeInt(executed.size());
        for (var entry : executed.entrySet()) {
            target.writeLong(entry.getKey());
            Executed.Form.write(target, entry.getValue());
        }
    }

    static Session readFrom(DataInputStream source, SessionLimits limits) throws IOException {
        Session session = new Session(readPlace(source));
        session.lastUsed = readPlace(source);
        session.acknowledgedUpTo = source.readLong();
        int count = source.readInt();
        if (count < 0 || count > limits.window()) {
            throw new IOException("a session with " + count + " answers");
        }
        long above = session.acknowledgedUpTo;
        for (int index = 0; index < count; index++) {
            long number = source.readLong();
            if (number <= above || number - session.acknowledgedUpTo > limits.window()) {
                throw new IOException("the answer to " + number + " in a session where it cannot stand");
            }
            above = number;
            session.record(
                    number,
                    Executed.Form.read(
                            source, session.id, number, limits.results().largest()));
        }
        return session;
    }

    static void write(DataOutputStream target, SessionId place) throws IOException {
        target.writeLong(place.sequence());
        target.writeInt(place.index());
    }

    static SessionId readPlace(DataInputStream source) throws IOException {
        return new SessionId(source.readLong(), source.readInt());
    }
}
