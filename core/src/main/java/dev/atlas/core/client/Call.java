package dev.atlas.core.client;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.metrics.ClientRequestEvent;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ReplicaId;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** One request on its way. All fields that change are guarded by the client's lock. */
final class Call {

    final ByteString payload;
    final CompletableFuture<ByteString> result = new CompletableFuture<>();
    final long submittedNanos;
    private final boolean sameState;
    final ClientRequestEvent event = new ClientRequestEvent();

    /** An unordered call becomes ordered when it finds no matching answers. */
    Request.Kind kind;

    long number;

    /** When its bundle was sent first; that of the newest, if it has been in several. */
    long sentNanos;

    /** Whether it has been settled or given up. Earlier than {@link #result}, which is completed without the lock. */
    boolean ended;

    /** The latest answer of each replica; an ordered one never changes its answer unless it lies. */
    private final Map<ReplicaId, Answer> answers = new TreeMap<>();

    /**
     * What is held of an answer: of a long result only its digest, or a liar could fill the client's memory while calls wait. And of a short one a copy, since it
     * would keep alive all that came with it.
     *
     * @param bytes of the whole result, which tell a digest from a result that looks like it
     */
    private record Answer(Reply reply, int bytes) {

        static final int LONGEST_HELD = 4 << 10;

        static Answer of(Reply reply) {
            ByteBuffer result = reply.result().asReadOnlyByteBuffer();
            int bytes = result.remaining();
            ByteString held = bytes <= LONGEST_HELD
                    ? ByteString.copyFrom(result)
                    : ByteString.copyFrom(Hasher.hash(result).toBytes());
            return new Answer(
                    new Reply(reply.kind(), reply.session(), reply.number(), reply.sequence(), reply.outcome(), held),
                    bytes);
        }
    }

    /**
     * @param sameState whether answers match only if they come from the same state
     */
    Call(Request.Kind kind, ByteString payload, long submittedNanos, boolean sameState) {
        this.sameState = sameState;
        this.kind = kind;
        this.payload = payload;
        this.submittedNanos = submittedNanos;
        event.begin();
    }

    /** Counts an answer and returns how many replicas now say the same. */
    int answered(ReplicaId replica, Reply reply) {
        Answer answer = Answer.of(reply);
        answers.put(replica, answer);
        return matching(answer);
    }

    private int matching(Answer answer) {
        int matching = 0;
        for (Answer other : answers.values()) {
            if (matches(answer, other)) {
                matching++;
            }
        }
        return matching;
    }

    /** Whether as many can still say the same, if all that have not answered do. */
    boolean canMatch(int needed, int replicas) {
        int silent = replicas - answers.size();
        return silent >= needed || answers.values().stream().anyMatch(answer -> matching(answer) + silent >= needed);
    }

    void becomeOrdered() {
        kind = Request.Kind.ORDERED;
        answers.clear();
    }

    /** Unordered answers may come from different states, unless the same is asked for: what counts is that they say the same. */
    private boolean matches(Answer one, Answer other) {
        Reply left = one.reply();
        Reply right = other.reply();
        if (sameState || left.kind() != Request.Kind.UNORDERED) {
            return one.equals(other);
        }
        return right.kind() == left.kind()
                && left.outcome() == right.outcome()
                && one.bytes() == other.bytes()
                && left.result().equals(right.result());
    }
}
