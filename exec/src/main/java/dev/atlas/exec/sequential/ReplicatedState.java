package dev.atlas.exec.sequential;

import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.Invariants;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.session.SessionTable;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ClientId;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Everything that a checkpoint vouches for: application state, sessions, time, and where in the log they stand. */
final class ReplicatedState<S extends MonolithicState> {

    private final S application;
    private final SessionTable sessions;
    private final Digest membershipDigest;
    private long sequence;
    private long timeMillis;
    private long operations;

    ReplicatedState(S application, SessionLimits limits, Digest membershipDigest) {
        this.application = application;
        this.sessions = new SessionTable(limits);
        this.membershipDigest = membershipDigest;
    }

    S application() {
        return application;
    }

    SessionTable sessions() {
        return sessions;
    }

    long sequence() {
        return sequence;
    }

    /** t(s) = max(t(s-1), timestamp(s)): never runs backwards, whatever primaries propose. */
    long timeMillis() {
        return timeMillis;
    }

    long operations() {
        return operations;
    }

    void begin(DecidedBatch batch) {
        Invariants.check(
                batch.sequence() == sequence + 1,
                () -> "batch " + batch.sequence() + " to be executed after batch " + sequence);
        sequence = batch.sequence();
        timeMillis = Math.max(timeMillis, batch.batch().timestampMillis());
    }

    void executed(ClientId client, Request request, Reply reply) {
        operations++;
        sessions.executed(client, request, reply);
    }

    /** Serialises and hashes: H(application root || sessions root || membership || t(s)). */
    Serialized snapshot() {
        try {
            ByteArrayOutputStream applicationBytes = new ByteArrayOutputStream();
            application.writeTo(applicationBytes);
            ByteArrayOutputStream sessionBytes = new ByteArrayOutputStream();
            sessions.writeTo(new DataOutputStream(sessionBytes));
            byte[] applicationPart = applicationBytes.toByteArray();
            byte[] sessionPart = sessionBytes.toByteArray();
            Digest digest = new Hasher()
                    .update(Hasher.hash(applicationPart))
                    .update(Hasher.hash(sessionPart))
                    .update(membershipDigest)
                    .update(timeMillis)
                    .digest();
            return new Serialized(digest, timeMillis, applicationPart, sessionPart);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a state could not be written to memory", impossible);
        }
    }

    /** A checkpoint in memory. */
    record Serialized(Digest digest, long timeMillis, byte[] application, byte[] sessions)
            implements ExecutionListener.Snapshot {

        long size() {
            return (long) application.length + sessions.length;
        }

        @Override
        public void writeTo(OutputStream target) throws IOException {
            DataOutputStream data = new DataOutputStream(target);
            data.writeLong(timeMillis);
            data.writeInt(sessions.length);
            data.write(sessions);
            data.writeInt(application.length);
            data.write(application);
            data.flush();
        }
    }
}
