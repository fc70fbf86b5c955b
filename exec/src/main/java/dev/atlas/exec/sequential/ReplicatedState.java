package dev.atlas.exec.sequential;

import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.Invariants;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.session.SessionTable;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ClientId;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Everything that a checkpoint vouches for: application state, sessions, time, and where in the log they stand. */
final class ReplicatedState<S extends MonolithicState> {

    private static final int HASH_BUFFER = 64 * 1024;

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

    /** H(application root || sessions root || membership || t(s)); writes the whole state through the hash. */
    Digest digest() {
        return new Hasher()
                .update(root(application::writeTo))
                .update(root(target -> {
                    DataOutputStream data = new DataOutputStream(target);
                    sessions.writeTo(data);
                    data.flush();
                }))
                .update(membershipDigest)
                .update(timeMillis)
                .digest();
    }

    private static Digest root(Writer writer) {
        HashingStream stream = new HashingStream();
        try {
            BufferedOutputStream buffered = new BufferedOutputStream(stream, HASH_BUFFER);
            writer.writeTo(buffered);
            buffered.flush();
            return stream.digest();
        } catch (IOException impossible) {
            throw new UncheckedIOException("a hash accepts every byte", impossible);
        }
    }

    @FunctionalInterface
    private interface Writer {
        void writeTo(OutputStream target) throws IOException;
    }

    private static final class HashingStream extends OutputStream {

        private final Hasher hasher = new Hasher();

        @Override
        public void write(int value) {
            hasher.update(new byte[] {(byte) value});
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            hasher.update(bytes, offset, length);
        }

        Digest digest() {
            return hasher.digest();
        }
    }
}
