package dev.atlas.exec.session;

import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.Invariants;
import dev.atlas.exec.session.ResultLimits.Full;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Which results are kept, and the room that they take up.
 *
 * <p>Whether there is room is decided where an operation stands in the log, by what was kept and given back before it there. But requests are judged by the
 * block, before any of them executes, and replicas join decided batches to blocks as they find them. So whatever gives room back waits here behind the
 * executions that stand before it in the log, until their results are known. Judging asks nothing of this.
 */
final class Ledger {

    private final ResultLimits limits;

    /** In log order; empty, or begins with an execution whose result is not known. */
    private final ArrayDeque<Step> waiting = new ArrayDeque<>();

    private int executing;

    /** What all clients have kept, each beyond its own part. */
    private long sharedBytes;

    Ledger(ResultLimits limits) {
        this.limits = limits;
    }

    /** Something in the log that takes up room or gives it back. */
    private sealed interface Step {

        record Execute(Client client, Session session, long number, Digest operation) implements Step {}

        /** What is acknowledged is given back. */
        record Prune(Client client, Session session, long upTo) implements Step {}

        /** A session that is gone gives back all. */
        record Close(Client client, Session session) implements Step {}

        /** So does a client. */
        record Forget(Client client) implements Step {}
    }

    boolean isSettled() {
        return waiting.isEmpty();
    }

    long sharedBytes() {
        return sharedBytes;
    }

    /** The request will be executed; {@link #executed} brings its reply. */
    void execute(Client client, Session session, Request request) {
        Digest operation = Hasher.hash(request.payload().asReadOnlyByteBuffer());
        session.record(request.number(), new Executed.Waiting(operation, executing++));
        waiting.add(new Step.Execute(client, session, request.number(), operation));
    }

    void prune(Client client, Session session, long upTo) {
        then(new Step.Prune(client, session, upTo));
    }

    void close(Client client, Session session) {
        then(new Step.Close(client, session));
    }

    void forget(Client client) {
        then(new Step.Forget(client));
    }

    private void then(Step step) {
        if (waiting.isEmpty()) {
            apply(step);
        } else {
            waiting.add(step);
        }
    }

    /** The reply to the first execution that waits for one; gives what a repetition of its request is answered. */
    Reply executed(Reply reply) {
        Step first = waiting.poll();
        Invariants.check(
                first instanceof Step.Execute next
                        && next.number() == reply.number()
                        && next.session().id().equals(reply.session()),
                () -> "a reply to " + reply.session() + "/" + reply.number() + " where one is awaited to " + first);
        Step.Execute step = (Step.Execute) first;
        executing--;
        Optional<Full> full = keep(step.client(), reply.result().size());
        Reply repeated = reply;
        Executed outcome = new Executed.Kept(step.operation(), reply);
        if (full.isPresent()) {
            Executed.NotKept gone = new Executed.NotKept(step.operation(), reply.sequence(), full.get());
            repeated = gone.reply(reply.session(), reply.number(), limits);
            outcome = gone;
        }
        step.session().record(step.number(), outcome);
        while (!waiting.isEmpty() && !(waiting.peek() instanceof Step.Execute)) {
            apply(waiting.remove());
        }
        return repeated;
    }

    private void apply(Step step) {
        switch (step) {
            case Step.Prune(Client client, Session session, long upTo) -> release(client, session.prune(upTo));
            case Step.Close(Client client, Session session) -> release(client, session.keptBytes());
            case Step.Forget(Client client) -> sharedBytes -= limits.beyondOwn(client.keptBytes());
            case Step.Execute next -> throw new IllegalStateException("the result of " + next + " is not known");
        }
    }

    /** Takes up room for a client; empty if there was enough. */
    private Optional<Full> keep(Client client, long bytes) {
        long kept = client.keptBytes() + bytes;
        long shared = sharedBytes + limits.beyondOwn(kept) - limits.beyondOwn(client.keptBytes());
        if (kept > limits.perClient()) {
            return Optional.of(Full.CLIENT);
        }
        if (shared > limits.shared()) {
            return Optional.of(Full.ALL);
        }
        client.keepBytes(kept);
        sharedBytes = shared;
        return Optional.empty();
    }

    private void release(Client client, long bytes) {
        long kept = client.keptBytes() - bytes;
        sharedBytes += limits.beyondOwn(kept) - limits.beyondOwn(client.keptBytes());
        client.keepBytes(kept);
    }

    /** Takes up the room of a client that was read. */
    void add(Client client) throws IOException {
        long bytes = client.sessions().stream().mapToLong(Session::keptBytes).sum();
        if (keep(client, bytes).isPresent()) {
            throw new IOException("a client with results of " + bytes + " bytes, for which there is no room");
        }
    }
}
