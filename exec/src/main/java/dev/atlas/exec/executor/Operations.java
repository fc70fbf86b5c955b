package dev.atlas.exec.executor;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.BatchReplies;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.OrderedRequest;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.identity.ClientId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the application on one request and turns whatever comes out of it into a reply. Thread-safe.
 *
 * <p>Any {@link Exception} is caught, also where none is declared that is checked: not every language that runs here knows the difference.
 */
final class Operations<S, Q, R> {

    /** A longer text of an exception is cut: it becomes part of the replicated state. */
    private static final int LONGEST_ERROR = 1024;

    /**
     * What the virtual machine itself throws. Code that has thrown one often is compiled to throw it without a message, on each replica at another time, and virtual
     * machines word messages as they like.
     */
    private static final Set<Class<?>> WITHOUT_MESSAGE = Set.of(
            NullPointerException.class,
            ArrayIndexOutOfBoundsException.class,
            ClassCastException.class,
            ArrayStoreException.class,
            ArithmeticException.class,
            NegativeArraySizeException.class);

    private final Application<S, Q, R> application;
    private final int largestResult;

    /**
     * @param largestResult in bytes; a longer one is replaced by an error
     */
    Operations(Application<S, Q, R> application, int largestResult) {
        this.application = application;
        this.largestResult = largestResult;
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

    /** The replies in the order of the tasks. What cannot be decoded does not reach the application. */
    List<Reply> batch(S state, List<Task> tasks) {
        List<OrderedRequest<Q>> batch = new ArrayList<>(tasks.size());
        Collected replies = new Collected(tasks);
        for (int place = 0; place < tasks.size(); place++) {
            Task task = tasks.get(place);
            try {
                batch.add(new OrderedRequest<>(decoded(task.request()), task.context()));
                replies.places.add(place);
            } catch (Exception malformed) {
                replies.replies[place] = refusal(task.request(), task.context(), malformed);
            }
        }
        if (!batch.isEmpty()) {
            try {
                application.executeBatch(state, Collections.unmodifiableList(batch), replies);
            } catch (Exception refused) {
                replies.refuseTheRest(() -> refused);
            }
        }
        return replies.all();
    }

    /** What an application says of a batch; those of its requests that it has been given are counted by themselves. */
    private final class Collected implements BatchReplies<R> {
        private final List<Task> tasks;
        private final @Nullable Reply[] replies;
        private final List<Integer> places = new ArrayList<>();

        Collected(List<Task> tasks) {
            this.tasks = tasks;
            this.replies = new @Nullable Reply[tasks.size()];
        }

        @Override
        public void reply(int index, R reply) {
            Task task = unanswered(index);
            replies[places.get(index)] = Operations.this.reply(task.request(), task.context(), reply);
        }

        @Override
        public void refuse(int index, Exception cause) {
            Task task = unanswered(index);
            replies[places.get(index)] = refusal(task.request(), task.context(), cause);
        }

        private Task unanswered(int index) {
            int place = places.get(index);
            if (replies[place] != null) {
                throw new IllegalStateException("request " + index + " of the batch is answered twice");
            }
            return tasks.get(place);
        }

        /** Usually there is no rest: a cause is made when there is one, for that takes a stack trace. */
        void refuseTheRest(Supplier<Exception> cause) {
            for (int index = 0; index < places.size(); index++) {
                if (replies[places.get(index)] == null) {
                    refuse(index, cause.get());
                }
            }
        }

        List<Reply> all() {
            refuseTheRest(() -> new IllegalStateException("not answered"));
            List<Reply> all = new ArrayList<>(replies.length);
            for (Reply reply : replies) {
                all.add(Objects.requireNonNull(reply));
            }
            return all;
        }
    }

    /** Of a copy: an application may keep a slice of it, and must not keep alive the client's whole bundle with that. */
    private Q decoded(Request request) {
        return application
                .requestCodec()
                .decode(ByteBuffer.wrap(request.payload().toByteArray()).asReadOnlyBuffer());
    }

    private Reply reply(Request request, ExecutionContext context, BiFunction<Q, ExecutionContext, R> execution) {
        R reply;
        try {
            reply = execution.apply(decoded(request), context);
        } catch (Exception refused) {
            return refusal(request, context, refused);
        }
        return reply(request, context, reply);
    }

    private Reply reply(Request request, ExecutionContext context, R reply) {
        try {
            byte[] result = application.replyCodec().encode(reply);
            if (result.length > largestResult) {
                throw new ResultTooLarge(result.length, largestResult);
            }
            return reply(request, context, Outcome.EXECUTED, UnsafeByteOperations.unsafeWrap(result));
        } catch (Exception unspeakable) {
            return refusal(request, context, unspeakable);
        }
    }

    private static Reply refusal(Request request, ExecutionContext context, Exception cause) {
        return reply(request, context, Outcome.APPLICATION_ERROR, ByteString.copyFromUtf8(describe(cause)));
    }

    private static Reply reply(Request request, ExecutionContext context, Outcome outcome, ByteString result) {
        return new Reply(request.kind(), request.session(), request.number(), context.sequence(), outcome, result);
    }

    /** Class and message only: a stack trace would differ between replicas. So would a message of the virtual machine's. */
    private static String describe(Exception refused) {
        String name = refused.getClass().getSimpleName();
        String text;
        try {
            text = hasMessageOfItsOwn(refused) ? name + ": " + refused.getMessage() : name;
        } catch (Exception speechless) { // its messages are the application's code, and so are its causes'
            text = name;
        }
        return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR);
    }

    /** Or one that is made of its cause's: each is longer than the next, so this ends. */
    private static boolean hasMessageOfItsOwn(Throwable thrown) {
        if (WITHOUT_MESSAGE.contains(thrown.getClass())) {
            return false;
        }
        Throwable cause = thrown.getCause();
        return cause == null || !cause.toString().equals(thrown.getMessage()) || hasMessageOfItsOwn(cause);
    }

    /** Its name is part of the error that the client gets. */
    private static final class ResultTooLarge extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ResultTooLarge(int bytes, int largest) {
            super(bytes + " bytes, at most " + largest + " are kept and sent");
        }
    }
}
