package dev.atlas.exec.sequential;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ClientId;
import java.util.function.Function;

/** Runs the application on one request and turns whatever comes out of it into a reply. */
final class Operations<S, Q, R> {

    /** A longer text of an exception is cut: it becomes part of the replicated state. */
    private static final int LONGEST_ERROR = 1024;

    private final Application<S, Q, R> application;

    Operations(Application<S, Q, R> application) {
        this.application = application;
    }

    Reply ordered(S state, ClientId client, Request request, SessionId place, long timeMillis, Digest chain) {
        // Any mixing of chain and place will do: it has to be equal on all replicas and differ between requests.
        long seed = chain.word0() ^ (chain.word1() + 0x9E3779B97F4A7C15L * (place.index() + 1L));
        ExecutionContext context =
                new ExecutionContext(client, request.session(), request.number(), place.sequence(), timeMillis, seed);
        return reply(request, place.sequence(), decoded -> application.execute(state, decoded, context));
    }

    Reply unordered(S state, ClientId client, Request request, long sequence, long timeMillis) {
        ExecutionContext context =
                new ExecutionContext(client, SessionId.NONE, request.number(), sequence, timeMillis, sequence);
        return reply(request, sequence, decoded -> application.executeUnordered(state, decoded, context));
    }

    private Reply reply(Request request, long sequence, Function<Q, R> execution) {
        Outcome outcome;
        ByteString result;
        try {
            R reply = execution.apply(
                    application.requestCodec().decode(request.payload().asReadOnlyByteBuffer()));
            result = UnsafeByteOperations.unsafeWrap(application.replyCodec().encode(reply));
            outcome = Outcome.EXECUTED;
        } catch (RuntimeException refused) {
            outcome = Outcome.APPLICATION_ERROR;
            result = ByteString.copyFromUtf8(describe(refused));
        }
        return new Reply(request.kind(), request.session(), request.number(), sequence, outcome, result);
    }

    /** Class and message only: a stack trace would differ between replicas. */
    private static String describe(RuntimeException refused) {
        String text = refused.getClass().getSimpleName() + ": " + refused.getMessage();
        return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR);
    }
}
