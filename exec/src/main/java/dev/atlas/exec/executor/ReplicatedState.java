package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Reply;
import dev.atlas.core.types.Invariants;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.session.SessionTable;
import dev.atlas.net.crypto.Digest;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/**
 * Everything that a checkpoint vouches for: application state, sessions, time, and where in the log they stand. Owned by the executor's thread.
 */
final class ReplicatedState<S> {

    private final SessionLimits limits;
    private S application;
    private SessionTable sessions;
    private long sequence;
    private Digest chain = Digest.ZERO;
    private long view;
    private long timeMillis;
    private long operations;

    ReplicatedState(S application, SessionLimits limits) {
        this.application = application;
        this.limits = limits;
        this.sessions = new SessionTable(limits);
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

    Digest chain() {
        return chain;
    }

    /** In which the last batch was decided. */
    long view() {
        return view;
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
        chain = batch.chain();
        view = batch.view();
        timeMillis = Math.max(timeMillis, batch.batch().timestampMillis());
    }

    /** An operation was executed; what a repetition of its request is answered. */
    Reply executed(Reply reply) {
        operations++;
        return sessions.executed(reply);
    }

    Consistent<S> consistent(S snapshot) {
        return new Consistent<>(snapshot, sequence, timeMillis, view);
    }

    /** The sessions, and how many operations they have had executed, as bytes: as they are now, written when they are asked for, by any thread. */
    Supplier<List<ByteString>> sessionChunks() {
        long executed = operations;
        SessionTable snapshot = sessions.snapshot();
        return () -> Chunks.write(target -> {
            DataOutputStream data = new DataOutputStream(target);
            data.writeLong(executed);
            snapshot.writeTo(data);
            data.flush();
        });
    }

    /**
     * Becomes another state; unchanged if it fails.
     *
     * @throws IOException if these are no sessions
     */
    void replace(StateDescriptor descriptor, S installed, DataInputStream sessionChunks) throws IOException {
        long executed = sessionChunks.readLong();
        SessionTable table = SessionTable.readFrom(sessionChunks, limits);
        application = installed;
        sessions = table;
        operations = executed;
        sequence = descriptor.sequence();
        chain = descriptor.chain();
        timeMillis = descriptor.timeMillis();
    }
}
