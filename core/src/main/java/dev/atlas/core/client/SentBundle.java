package dev.atlas.core.client;

import dev.atlas.core.message.Request;
import dev.atlas.net.concurrent.Backoff;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A bundle as it was sent, kept while one of its calls is unanswered: sent again byte for byte while none is answered, since replicas know it by its
 * digest; what is left of one that was answered in part is sent in a new one.
 */
final class SentBundle {

    final ByteBuffer message;
    final List<Call> calls;
    final boolean unordered;
    private final Backoff backoff;
    private long dueNanos;

    /**
     * @param kind that all calls had when they were put into the bundle; an unordered one may have become ordered since
     */
    SentBundle(ByteBuffer message, Request.Kind kind, List<Call> calls, Backoff backoff, long nowNanos) {
        this.message = message;
        this.calls = List.copyOf(calls);
        this.unordered = kind == Request.Kind.UNORDERED;
        this.backoff = backoff;
        this.dueNanos = nowNanos + backoff.next().toNanos();
    }

    boolean isAnswered() {
        for (Call call : calls) {
            if (isUnanswered(call)) {
                return false;
            }
        }
        return true;
    }

    /** A bundle whose answers were too much at once for its connection: sent whole, it would ask for the first of them over and over. */
    boolean isAnsweredInPart() {
        int open = unanswered().size();
        return open > 0 && open < calls.size();
    }

    List<Call> unanswered() {
        return calls.stream().filter(this::isUnanswered).toList();
    }

    private boolean isUnanswered(Call call) {
        return !call.ended && (!unordered || call.kind == Request.Kind.UNORDERED);
    }

    /** True once for each interval. */
    boolean isDue(long nowNanos) {
        if (nowNanos < dueNanos) {
            return false;
        }
        dueNanos = nowNanos + backoff.next().toNanos();
        return true;
    }
}
