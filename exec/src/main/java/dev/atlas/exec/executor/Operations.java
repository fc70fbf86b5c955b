package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.identity.ClientId;
import java.util.function.BiFunction;

/** Runs the application on one request and turns whatever comes out of it into a reply. Thread-safe. */
final class Operations<S, Q, R> {

    /** A longer text of an exception is cut: it becomes part of the replicated state. */
    private static final int LONGEST_ERROR = 1024;

    private final Application<S, Q, R> application;

    Operations(Application<S, Q, R> application) {
        this.application = application;
    }

    Reply ordered(Task task, BiFunction<Q, ExecutionContext, R> execution) {
        return reply(task.request(), task.context(), execution);
    }

    Reply unordered(Consistent<S> on, ClientId client, Request request) {
        ExecutionContext context = new ExecutionContext(
                client, SessionId.NONE, request.number(), on.sequence(), on.timeMillis(), on.sequence());
        return reply(
                request,
                context,
                (decoded, itsContext) -> application.executeUnordered(on.state(), decoded, itsContext));
    }

    private Reply reply(Request request, ExecutionContext context, BiFunction<Q, ExecutionContext, R> execution) {
        Outcome outcome;
        ByteString result;
        try {
            R reply = execution.apply(
                    application.requestCodec().decode(request.payload().asReadOnlyByteBuffer()), context);
            result = UnsafeByteOperations.unsafeWrap(application.replyCodec().encode(reply));
            outcome = Outcome.EXECUTED;
        } catch (RuntimeException refused) {
            outcome = Outcome.APPLICATION_ERROR;
            result = ByteString.copyFromUtf8(describe(refused));
        }
        return new Reply(request.kind(), request.session(), request.number(), context.sequence(), outcome, result);
    }

    /** Class and message only: a stack trace would differ between replicas. */
    private static String describe(RuntimeException refused) {
        String text = refused.getClass().getSimpleName() + ": " + refused.getMessage();
        return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR);
    }
}
