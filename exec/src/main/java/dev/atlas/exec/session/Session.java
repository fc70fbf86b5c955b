package dev.atlas.exec.session;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** One session: the answers that its client has not acknowledged. */
final class Session {

    /** Only these are stored: everything else was not executed. */
    private static final int EXECUTED = 0;

    private static final int APPLICATION_ERROR = 1;

    private final SessionId id;
    private final TreeMap<Long, Executed> executed;
    private long acknowledgedUpTo;

    /** Where in the log it was used last. */
    private SessionId lastUsed;

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

    /** Numbers at or below {@code upTo} are answered or given up; those not executed never will be. */
    void acknowledge(long upTo) {
        if (upTo > acknowledgedUpTo) {
            acknowledgedUpTo = upTo;
            executed.headMap(upTo, true).clear();
        }
    }

    /** The answer to a request that will not be executed again; empty for one that may be. */
    Optional<Reply> settled(Request request) {
        if (request.number() <= acknowledgedUpTo) {
            return Optional.of(Reply.refused(request, Reply.Outcome.DEAD));
        }
        Executed first = executed.get(request.number());
        if (first == null) {
            return Optional.empty();
        }
        boolean same = first.operation().equals(Hasher.hash(request.payload().asReadOnlyByteBuffer()));
        return Optional.of(same ? first.reply() : Reply.refused(request, Reply.Outcome.CONFLICT));
    }

    Set<Long> executedNumbers() {
        return executed.keySet();
    }

    void record(long number, Digest operation, Reply reply) {
        executed.put(number, new Executed(operation, reply));
    }

    void writeTo(DataOutputStream target) throws IOException {
        write(target, id);
        write(target, lastUsed);
        target.writeLong(acknowledgedUpTo);
        target.writeInt(executed.size());
        for (var entry : executed.entrySet()) {
            target.writeLong(entry.getKey());
            target.write(entry.getValue().operation().toBytes());
            Reply reply = entry.getValue().reply();
            target.writeLong(reply.sequence());
            target.writeByte(reply.outcome() == Reply.Outcome.EXECUTED ? EXECUTED : APPLICATION_ERROR);
            target.writeInt(reply.result().size());
            reply.result().writeTo(target);
        }
    }

    static Session readFrom(DataInputStream source, int window) throws IOException {
        Session session = new Session(readPlace(source));
        session.lastUsed = readPlace(source);
        session.acknowledgedUpTo = source.readLong();
        int count = source.readInt();
        if (count < 0 || count > window) {
            throw new IOException("a session with " + count + " answers");
        }
        for (int index = 0; index < count; index++) {
            long number = source.readLong();
            Digest operation = Digest.of(source.readNBytes(Digest.BYTES));
            long sequence = source.readLong();
            Reply.Outcome outcome =
                    source.readByte() == EXECUTED ? Reply.Outcome.EXECUTED : Reply.Outcome.APPLICATION_ERROR;
            ByteString result = ByteString.copyFrom(readBytes(source));
            session.record(
                    number, operation, new Reply(Request.Kind.ORDERED, session.id, number, sequence, outcome, result));
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

    private static byte[] readBytes(DataInputStream source) throws IOException {
        int length = source.readInt();
        byte[] bytes = length < 0 ? new byte[0] : source.readNBytes(length);
        if (bytes.length != length) {
            throw new IOException("a truncated answer");
        }
        return bytes;
    }

    private record Executed(Digest operation, Reply reply) {}
}
