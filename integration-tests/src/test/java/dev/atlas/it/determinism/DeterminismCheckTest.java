package dev.atlas.it.determinism;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.BatchReplies;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.OrderedRequest;
import dev.atlas.core.application.ScalableApplication;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeterminismCheckTest {

    private static final ByteString KEY = ByteString.copyFromUtf8("k");

    @Test
    void theKeyValueStoreIsDeterministicInAnySchedule() {
        Random random = new Random(1);
        List<KeyValueRequest> requests = new ArrayList<>();
        for (int index = 0; index < 60; index++) {
            ByteString key = ByteString.copyFromUtf8("k" + random.nextInt(5));
            ByteString value = ByteString.copyFromUtf8("v" + random.nextInt(3));
            requests.add(
                    switch (random.nextInt(5)) {
                        case 0 -> new KeyValueRequest.Get(key);
                        case 1 -> new KeyValueRequest.Delete(key);
                        case 2 -> new KeyValueRequest.CompareAndSet(key, Optional.of(value), KEY);
                        case 3 -> new KeyValueRequest.Size();
                        default -> new KeyValueRequest.Put(key, value);
                    });
        }
        assertThatCode(() -> DeterminismCheck.speculative(new KeyValueStore(), requests, 50))
                .doesNotThrowAnyException();
    }

    @Test
    void anApplicationThatDependsOnSomethingElseIsFound() {
        assertThatThrownBy(() -> DeterminismCheck.sequential(
                        new Texts((view, request) -> Integer.toHexString(System.identityHashCode(new Object()))),
                        texts(5)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("request 0 is answered differently in a second run");
    }

    @Test
    void anApplicationThatKeepsSomethingOutsideOfItsViewIsFound() {
        List<String> executed = new ArrayList<>();
        assertThatThrownBy(() -> DeterminismCheck.speculative(
                        new Texts((view, request) -> {
                            if (request.equals("0")) {
                                executed.clear();
                            }
                            view.update("c", KEY, ByteString.copyFromUtf8(request));
                            executed.add(request);
                            return String.valueOf(executed.size());
                        }),
                        texts(20),
                        50))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("in parallel, in schedule");
    }

    @Test
    void aBatchFormThatComesToSomethingElseIsFound() {
        Application<KeyValueState, String, String> backwards = new Last() {
            @Override
            public void executeBatch(
                    KeyValueState state, List<OrderedRequest<String>> batch, BatchReplies<String> replies) {
                for (int index = batch.size() - 1; index >= 0; index--) {
                    replies.reply(
                            index,
                            execute(
                                    state,
                                    batch.get(index).request(),
                                    batch.get(index).context()));
                }
            }
        };
        assertThatCode(() -> DeterminismCheck.sequential(new Last(), texts(20))).doesNotThrowAnyException();
        assertThatThrownBy(() -> DeterminismCheck.sequential(backwards, texts(20)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("request 0 is answered differently in batches of 8: 1 instead of none");
    }

    private static List<String> texts(int count) {
        List<String> texts = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            texts.add(Integer.toString(index));
        }
        return texts;
    }

    /** Answers with the request before. */
    private static class Last implements Application<KeyValueState, String, String> {
        @Override
        public KeyValueState initialState() {
            return new KeyValueState();
        }

        @Override
        public Codec<String> requestCodec() {
            return Codec.UTF_8;
        }

        @Override
        public Codec<String> replyCodec() {
            return Codec.UTF_8;
        }

        @Override
        public String execute(KeyValueState state, String request, ExecutionContext context) {
            return state.update("c", KEY, ByteString.copyFromUtf8(request))
                    .map(ByteString::toStringUtf8)
                    .orElse("none");
        }

        @Override
        public String executeUnordered(KeyValueState state, String request, ExecutionContext context) {
            return request;
        }
    }

    private interface Body {
        String execute(CrudState view, String request);
    }

    private record Texts(Body body) implements ScalableApplication<KeyValueState, String, String> {
        @Override
        public KeyValueState initialState() {
            return new KeyValueState();
        }

        @Override
        public Codec<String> requestCodec() {
            return Codec.UTF_8;
        }

        @Override
        public Codec<String> replyCodec() {
            return Codec.UTF_8;
        }

        @Override
        public String speculativelyExecute(CrudState view, String request, ExecutionContext context) {
            return body.execute(view, request);
        }

        @Override
        public String executeUnordered(KeyValueState state, String request, ExecutionContext context) {
            return request;
        }
    }
}
