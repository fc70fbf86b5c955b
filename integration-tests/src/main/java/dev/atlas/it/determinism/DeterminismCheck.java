package dev.atlas.it.determinism;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.BatchReplies;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.application.OrderedRequest;
import dev.atlas.core.application.ScalableApplication;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.speculative.Operation;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.speculative.SpeculativeRunner;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.Scheduler;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.identity.ClientId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Runs a list of requests in several ways that must all come to the same replies and the same state, and says where they do not.
 *
 * <p>What it cannot find is what does not differ between two runs in one process, such as the default locale.
 */
public final class DeterminismCheck {

    private static final int REQUESTS_PER_BATCH = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private DeterminismCheck() {}

    /**
     * One after the other, twice, the second time with the state written down and read again half-way; and a batch at a time, in the application's batch form.
     *
     * @throws AssertionError naming the first difference
     */
    public static <S extends MonolithicState, Q, R> void sequential(
            Application<S, Q, R> application, List<Q> requests) {
        Run first = sequentially(application, requests, requests.size());
        sequentially(application, requests, requests.size()).compare(first, "in a second run");
        sequentially(application, requests, requests.size() / 2)
                .compare(first, "with the state written and read again after request " + requests.size() / 2);
        inBatches(application, requests).compare(first, "in batches of " + REQUESTS_PER_BATCH);
    }

    /**
     * The same, and then in parallel, in as many schedules as said; schedules switch wherever the view is used.
     *
     * @throws AssertionError naming the first difference and the schedule, which repeats
     */
    public static <S extends MonolithicState & CrudState, Q, R> void speculative(
            ScalableApplication<S, Q, R> application, List<Q> requests, int schedules) {
        sequential(application, requests);
        Run expected = sequentially(application, requests, requests.size());
        for (int schedule = 0; schedule < schedules; schedule++) {
            speculatively(application, requests, schedule).compare(expected, "in parallel, in schedule " + schedule);
        }
    }

    private static <S extends MonolithicState, Q, R> Run sequentially(
            Application<S, Q, R> application, List<Q> requests, int restoredAt) {
        S state = application.initialState();
        List<ByteString> replies = new ArrayList<>();
        for (int index = 0; index < requests.size(); index++) {
            if (index == restoredAt) {
                state = copy(application, state);
            }
            S current = state;
            replies.add(reply(
                    application,
                    requests.get(index),
                    index,
                    (request, context) -> application.execute(current, request, context)));
        }
        return new Run(replies, bytes(state));
    }

    private static <S extends MonolithicState, Q, R> Run inBatches(Application<S, Q, R> application, List<Q> requests) {
        S state = application.initialState();
        List<ByteString> replies = new ArrayList<>();
        for (int from = 0; from < requests.size(); from += REQUESTS_PER_BATCH) {
            int to = Math.min(from + REQUESTS_PER_BATCH, requests.size());
            List<OrderedRequest<Q>> batch = new ArrayList<>();
            for (int index = from; index < to; index++) {
                batch.add(new OrderedRequest<>(decoded(application, requests.get(index)), context(index)));
            }
            BatchOfReplies<R> taken = new BatchOfReplies<>(application.replyCodec(), batch.size());
            application.executeBatch(state, batch, taken);
            replies.addAll(taken.all());
        }
        return new Run(replies, bytes(state));
    }

    private static final class BatchOfReplies<R> implements BatchReplies<R> {
        private final Codec<R> codec;
        private final List<ByteString> replies;

        BatchOfReplies(Codec<R> codec, int size) {
            this.codec = codec;
            this.replies = new ArrayList<>(Collections.nCopies(size, ByteString.copyFromUtf8("not answered")));
        }

        @Override
        public void reply(int index, R reply) {
            try {
                replies.set(index, ByteString.copyFrom(codec.encode(reply)));
            } catch (Exception unspeakable) {
                refuse(index, unspeakable);
            }
        }

        @Override
        public void refuse(int index, Exception cause) {
            replies.set(index, refusal(cause));
        }

        List<ByteString> all() {
            return replies;
        }
    }

    private static <S extends MonolithicState & CrudState, Q, R> Run speculatively(
            ScalableApplication<S, Q, R> application, List<Q> requests, int schedule) {
        Randomness random = new Randomness(schedule);
        Scheduler scheduler = new Scheduler(random);
        SimProcess process = scheduler.process("check", 2 + schedule % 4);
        SpeculationSettings settings = SpeculationSettings.always(2 + schedule % 4);
        S state = application.initialState();
        Operation<ByteString> operation = (view, index) -> reply(
                application,
                requests.get(index),
                index,
                (request, context) ->
                        application.speculativelyExecute(new YieldingView(view, random), request, context));
        SimProcess.Outcome<List<ByteString>> replies = process.start(
                "speculation",
                () -> new SpeculativeRunner(process.environment(), settings).run(state, requests.size(), operation));
        if (!scheduler.run(PATIENCE, replies::isDone)) {
            throw new AssertionError("in schedule " + schedule + " execution does not end\n" + scheduler.dump());
        }
        return new Run(replies.value(), bytes(state));
    }

    private static <Q, R> ByteString reply(
            Application<?, Q, R> application, Q request, int index, Execution<Q, R> execution) {
        try {
            R reply = execution.execute(decoded(application, request), context(index));
            return ByteString.copyFrom(application.replyCodec().encode(reply));
        } catch (Exception refused) {
            return refusal(refused);
        }
    }

    private static <Q> Q decoded(Application<?, Q, ?> application, Q request) {
        return application
                .requestCodec()
                .decode(ByteString.copyFrom(application.requestCodec().encode(request))
                        .asReadOnlyByteBuffer());
    }

    private static ByteString refusal(Exception cause) {
        return ByteString.copyFromUtf8(cause.getClass().getSimpleName() + ": " + cause.getMessage());
    }

    private static ExecutionContext context(int index) {
        long batch = 2L + index / REQUESTS_PER_BATCH;
        ClientId client = new ClientId(new Digest(1 + index % 3, 0, 0, 0));
        long seed = new Hasher().update(index).digest().word0();
        return new ExecutionContext(client, new SessionId(1, index % 3), 1 + index, batch, 1000 * batch, seed);
    }

    @SuppressWarnings("ReferenceEquality")
    private static <S extends MonolithicState> S copy(Application<S, ?, ?> application, S state) {
        S restored = application.initialState();
        if (restored == state) {
            throw new AssertionError("initialState must make a new state at each call");
        }
        try {
            restored.readFrom(new ByteArrayInputStream(bytes(state).toByteArray()));
        } catch (IOException unreadable) {
            throw new AssertionError("the state cannot read what it has written", unreadable);
        }
        return restored;
    }

    private static ByteString bytes(MonolithicState state) {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        try {
            state.writeTo(target);
        } catch (IOException impossible) {
            throw new UncheckedIOException("an array takes every byte", impossible);
        }
        return ByteString.copyFrom(target.toByteArray());
    }

    @FunctionalInterface
    private interface Execution<Q, R> {
        R execute(Q request, ExecutionContext context);
    }

    /** What came of the requests. */
    private record Run(List<ByteString> replies, ByteString state) {

        void compare(Run expected, String how) {
            for (int index = 0; index < replies.size(); index++) {
                if (!replies.get(index).equals(expected.replies.get(index))) {
                    throw new AssertionError("request " + index + " is answered differently " + how + ": "
                            + replies.get(index).toStringUtf8() + " instead of "
                            + expected.replies.get(index).toStringUtf8());
                }
            }
            if (!state.equals(expected.state)) {
                throw new AssertionError("the replies are equal and the states differ " + how);
            }
        }
    }
}
