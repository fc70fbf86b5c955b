package dev.atlas.exec.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.BatchReplies;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.OrderedRequest;
import dev.atlas.core.message.Reply;
import dev.atlas.core.types.SessionId;
import dev.atlas.net.crypto.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** An application may execute a batch at once, and then answers for each request of it. */
class BatchFormTest {

    /** Words in a list; "throw" is refused and what is no word at all cannot be decoded. The reply is the list itself, which goes on growing. */
    private static class Log implements Application<List<String>, String, List<String>> {

        @Override
        public List<String> initialState() {
            return new ArrayList<>();
        }

        @Override
        public Codec<String> requestCodec() {
            return new Codec<>() {
                @Override
                public byte[] encode(String value) {
                    return Codec.UTF_8.encode(value);
                }

                @Override
                public String decode(ByteBuffer bytes) {
                    if (!bytes.hasRemaining()) {
                        throw new IllegalArgumentException("nothing");
                    }
                    return Codec.UTF_8.decode(bytes);
                }
            };
        }

        @Override
        public Codec<List<String>> replyCodec() {
            return new Codec<>() {
                @Override
                public byte[] encode(List<String> value) {
                    return String.join(",", value).getBytes(StandardCharsets.UTF_8);
                }

                @Override
                public List<String> decode(ByteBuffer bytes) {
                    throw new UnsupportedOperationException();
                }
            };
        }

        @Override
        public List<String> execute(List<String> state, String request, ExecutionContext context) {
            if (request.equals("throw")) {
                throw new IllegalStateException("thrown");
            }
            if (request.startsWith("word ")) {
                return List.of(request.split(" ")[2]);
            }
            if (request.startsWith("wrapped ")) {
                try {
                    return List.of(request.split(" ")[2]);
                } catch (RuntimeException cause) {
                    throw new IllegalStateException(new IllegalArgumentException(cause));
                }
            }
            state.add(request);
            return state;
        }

        @Override
        public List<String> executeUnordered(List<String> state, String request, ExecutionContext context) {
            return state;
        }
    }

    @Test
    void aResultThatIsTooLongIsAnErrorAndTheOperationsEffectsStand() {
        String word = "w".repeat(30);
        assertThat(run(new Log(), 64, word, word, "throw", word, "x".repeat(200)))
                .containsExactly(
                        "EXECUTED " + word,
                        "EXECUTED " + word + "," + word,
                        "APPLICATION_ERROR IllegalStateException: thrown",
                        "APPLICATION_ERROR ResultTooLarge: 92 bytes, at most 64 are kept and sent",
                        "APPLICATION_ERROR ResultTooLarge: 293 bytes, at most 64 are kept and sent");
    }

    /** Requests share the bytes of their bundle, which may be large and must go when it is executed. */
    @Test
    void whatAnApplicationKeepsOfARequestIsACopy() {
        List<ByteBuffer> kept = new ArrayList<>();
        Log keeping = new Log() {
            @Override
            public Codec<String> requestCodec() {
                return new Codec<>() {
                    @Override
                    public byte[] encode(String value) {
                        return Codec.UTF_8.encode(value);
                    }

                    @Override
                    public String decode(ByteBuffer bytes) {
                        kept.add(bytes.slice());
                        return "word";
                    }
                };
            }
        };
        byte[] bundle = new byte[100];
        SessionId place = new SessionId(1, 0);
        Task task = new Task(
                Driven.client(0),
                Driven.ordered(place, 1, UnsafeByteOperations.unsafeWrap(bundle, 10, 4)),
                place,
                0,
                Digest.ZERO);
        Operations<List<String>, String, List<String>> operations = new Operations<>(keeping, 64);
        operations.ordered(task, (text, context) -> List.of(text));
        operations.batch(new ArrayList<>(), List.of(task));
        Arrays.fill(bundle, (byte) 7);
        assertThat(kept).hasSize(2).allMatch(slice -> slice.capacity() == 4 && slice.get(0) == 0);
    }

    /** Compiled code throws it without a message at some time, another time on each replica, and what is replied is part of the checkpoint. */
    @Test
    void whatTheVirtualMachineThrowsIsRepliedWithoutItsMessage() {
        Operations<List<String>, String, List<String>> operations = new Operations<>(new Log(), 64);
        SessionId place = new SessionId(1, 0);
        Set<String> replies = new TreeSet<>();
        for (int request = 0; request < 100_000; request++) {
            replies.add(operations
                    .ordered(
                            new Task(
                                    Driven.client(0),
                                    Driven.ordered(place, 1, ByteString.copyFromUtf8("word by")),
                                    place,
                                    0,
                                    Digest.ZERO),
                            (text, context) -> new Log().execute(new ArrayList<>(), text, context))
                    .result()
                    .toStringUtf8());
        }
        assertThat(replies).containsExactly("ArrayIndexOutOfBoundsException");
        assertThat(run(new Log(), 64, "wrapped by")).containsExactly("APPLICATION_ERROR IllegalStateException");
    }

    /** Throws what no signature here declares, as code in other languages does. */
    @SuppressWarnings("unchecked")
    private static <E extends Exception> RuntimeException undeclared(String what) throws E {
        throw (E) new IOException(what);
    }

    private static <T> Codec<T> throwing(Codec<T> codec, String whereItStands) {
        return new Codec<>() {
            @Override
            public byte[] encode(T value) {
                if (value.toString().contains(whereItStands)) {
                    throw BatchFormTest.<RuntimeException>undeclared("encode");
                }
                return codec.encode(value);
            }

            @Override
            public T decode(ByteBuffer bytes) {
                T value = codec.decode(bytes);
                if (value.toString().contains(whereItStands)) {
                    throw BatchFormTest.<RuntimeException>undeclared("decode");
                }
                return value;
            }
        };
    }

    @Test
    void anExceptionThatNobodyDeclaresIsAnErrorReplyLikeAnyOther() {
        class Undeclared extends Log {
            @Override
            public Codec<String> requestCodec() {
                return throwing(super.requestCodec(), "unreadable");
            }

            @Override
            public Codec<List<String>> replyCodec() {
                return throwing(super.replyCodec(), "unspeakable");
            }

            @Override
            public List<String> execute(List<String> state, String request, ExecutionContext context) {
                if (request.equals("throw")) {
                    throw BatchFormTest.<RuntimeException>undeclared("execute");
                }
                return List.of(request);
            }

            @Override
            public List<String> executeUnordered(List<String> state, String request, ExecutionContext context) {
                return execute(state, request, context);
            }
        }
        assertThat(run(new Undeclared(), "throw", "unreadable", "unspeakable", "a"))
                .containsExactly(
                        "APPLICATION_ERROR IOException: execute",
                        "APPLICATION_ERROR IOException: decode",
                        "APPLICATION_ERROR IOException: encode",
                        "EXECUTED a");
        assertThat(new Operations<>(new Undeclared(), 64)
                        .unordered(
                                new Consistent<>(List.of(), 1, 1, 0),
                                Driven.client(0),
                                Driven.unordered(1, ByteString.copyFromUtf8("throw")))
                        .result()
                        .toStringUtf8())
                .isEqualTo("IOException: execute");
        assertThat(run(
                        new Undeclared() {
                            @Override
                            public void executeBatch(
                                    List<String> state,
                                    List<OrderedRequest<String>> batch,
                                    BatchReplies<List<String>> replies) {
                                throw BatchFormTest.<RuntimeException>undeclared("batch");
                            }
                        },
                        "a"))
                .containsExactly("APPLICATION_ERROR IOException: batch");
    }

    @Test
    void anExceptionThatCannotSayWhatItIsAboutIsRepliedByItsNameAlone() {
        class Speechless extends RuntimeException {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
                throw new IllegalStateException("no message");
            }
        }
        Log speechless = new Log() {
            @Override
            public List<String> execute(List<String> state, String request, ExecutionContext context) {
                throw request.equals("itself")
                        ? new Speechless()
                        : new IllegalStateException(request, new Speechless());
            }
        };
        assertThat(run(speechless, "itself", "its cause"))
                .containsExactly("APPLICATION_ERROR Speechless", "APPLICATION_ERROR IllegalStateException");
    }

    @Test
    void anUnorderedResultThatIsTooLongIsAnErrorToo() {
        List<String> state = List.of("x".repeat(64), "y");
        Operations<List<String>, String, List<String>> operations = new Operations<>(new Log(), 64);
        assertThat(operations
                        .unordered(
                                new Consistent<>(state, 1, 1, 0),
                                Driven.client(0),
                                Driven.unordered(1, ByteString.copyFromUtf8("read")))
                        .result()
                        .toStringUtf8())
                .isEqualTo("ResultTooLarge: 66 bytes, at most 64 are kept and sent");
        assertThat(operations
                        .unordered(
                                new Consistent<>(state.subList(0, 1), 1, 1, 0),
                                Driven.client(0),
                                Driven.unordered(1, ByteString.copyFromUtf8("read")))
                        .outcome())
                .isEqualTo(Reply.Outcome.EXECUTED);
    }

    private static List<String> run(Application<List<String>, String, List<String>> application, String... requests) {
        return run(application, 1 << 20, requests);
    }

    private static List<String> run(
            Application<List<String>, String, List<String>> application, int largestResult, String... requests) {
        List<Task> tasks = IntStream.range(0, requests.length)
                .mapToObj(index -> new Task(
                        Driven.client(0),
                        Driven.ordered(new SessionId(1, 0), 1 + index, ByteString.copyFromUtf8(requests[index])),
                        new SessionId(2, index),
                        0,
                        Digest.ZERO))
                .toList();
        List<Reply> replies = new SequentialRunner<>(application, largestResult).run(application.initialState(), tasks);
        assertThat(replies.stream().map(Reply::number))
                .containsExactlyElementsOf(
                        tasks.stream().map(task -> task.request().number()).toList());
        return replies.stream()
                .map(reply -> reply.outcome() + " " + reply.result().toStringUtf8())
                .toList();
    }

    @Test
    void withoutABatchFormRequestsAreExecutedOneAfterTheOtherAndAnsweredAsTheyAreThen() {
        assertThat(run(new Log(), "a", "throw", "", "b"))
                .containsExactly(
                        "EXECUTED a",
                        "APPLICATION_ERROR IllegalStateException: thrown",
                        "APPLICATION_ERROR IllegalArgumentException: nothing",
                        "EXECUTED a,b");
    }

    @Test
    void theBatchFormIsGivenWhatCanBeDecodedAndAnswersInAnyOrder() {
        Application<List<String>, String, List<String>> backwards = new Log() {
            @Override
            public void executeBatch(
                    List<String> state, List<OrderedRequest<String>> batch, BatchReplies<List<String>> replies) {
                assertThat(batch).extracting(OrderedRequest::request).containsExactly("a", "b", "c");
                assertThat(batch).extracting(each -> each.context().number()).containsExactly(1L, 3L, 4L);
                replies.refuse(2, new IllegalStateException("too late"));
                replies.reply(1, List.of("second"));
                replies.reply(0, List.of("first"));
            }
        };
        assertThat(run(backwards, "a", "", "b", "c"))
                .containsExactly(
                        "EXECUTED first",
                        "APPLICATION_ERROR IllegalArgumentException: nothing",
                        "EXECUTED second",
                        "APPLICATION_ERROR IllegalStateException: too late");
    }

    @Test
    void whatTheBatchFormThrowsOrForgetsIsAnErrorReplyToThoseWithoutAnAnswer() {
        Application<List<String>, String, List<String>> forgetful = new Log() {
            @Override
            public void executeBatch(
                    List<String> state, List<OrderedRequest<String>> batch, BatchReplies<List<String>> replies) {
                replies.reply(0, List.of("first"));
                if (batch.size() == 3) {
                    replies.reply(0, List.of("again"));
                }
            }
        };
        assertThat(run(forgetful, "a", "b"))
                .containsExactly("EXECUTED first", "APPLICATION_ERROR IllegalStateException: not answered");
        String twice = "APPLICATION_ERROR IllegalStateException: request 0 of the batch is answered twice";
        assertThat(run(forgetful, "a", "b", "c")).containsExactly("EXECUTED first", twice, twice);
    }
}
