package dev.atlas.it.determinism;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Chain;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.divisible.MultiThreadedDivisibleExecutor;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.executor.StateMachineExecutor;
import dev.atlas.exec.monolithic.MultiThreadedMonolithicExecutor;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.reply.Replier;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.Scheduler;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The executors' own threads, pools and locks under the simulator: no schedule blocks them, changes a result, or runs differently twice. */
@Timeout(120)
class ExecutorsInSimulationTest {

    private static final KeyValueStore STORE = new KeyValueStore();
    private static final SessionId SESSION = new SessionId(1, 0);
    private static final int BATCHES = 24;

    private static final List<ExecutorFactory> EXECUTORS = List.of(
            SingleThreadedMonolithicExecutor.of(STORE),
            MultiThreadedMonolithicExecutor.of(STORE, SpeculationSettings.always(3)),
            SingleThreadedDivisibleExecutor.of(STORE),
            MultiThreadedDivisibleExecutor.of(STORE, SpeculationSettings.always(3)));

    @Test
    void resultsAreEqualInEveryScheduleAndSchedulesRepeat() {
        for (int seed = 0; seed < 150; seed++) {
            List<Outcome> outcomes = new ArrayList<>();
            for (ExecutorFactory executor : EXECUTORS) {
                Outcome outcome = run(executor, seed);
                assertThat(run(executor, seed)).as("seed %d, again", seed).isEqualTo(outcome);
                outcomes.add(outcome);
            }
            for (int each = 1; each < outcomes.size(); each++) {
                assertThat(outcomes.get(each).replies).as("seed %d", seed).isEqualTo(outcomes.getFirst().replies);
                assertThat(outcomes.get(each).checkpoints)
                        .as("seed %d", seed)
                        .isEqualTo(outcomes.get(each / 2 * 2).checkpoints);
            }
        }
    }

    /** What an executor has said, and the trace of the schedule in which it did. */
    private record Outcome(List<String> replies, List<String> checkpoints, long trace) {}

    private static Outcome run(ExecutorFactory factory, int seed) {
        Scheduler scheduler = new Scheduler(new Randomness(seed));
        SimProcess process = scheduler.process("replica", 1 + seed % 4);
        Ear ear = new Ear();
        SimProcess.Outcome<Boolean> fed = process.start("feeder", () -> {
            StateMachineExecutor<?, ?, ?> executor =
                    factory.start(process.environment(), SessionLimits.defaults(), Digest.ZERO, ear, ear);
            feed(executor, ear, new Random(seed));
            while (!ear.hasHeardAll()) {
                process.environment().sleep(Duration.ofMillis(1));
            }
            executor.close();
            return true;
        });
        assertThat(scheduler.run(Duration.ofMinutes(1), fed::isDone))
                .as("seed %d: %s", seed, scheduler.dump())
                .isTrue();
        return new Outcome(ear.replies, ear.checkpoints, scheduler.trace());
    }

    private static void feed(StateMachineExecutor<?, ?, ?> executor, Ear ear, Random random)
            throws InterruptedException {
        Digest chain = Digest.ZERO;
        long number = 0;
        for (int sequence = 1; sequence <= BATCHES; sequence++) {
            List<Request> requests = new ArrayList<>();
            if (sequence == 1) {
                requests.add(new Request(Request.Kind.OPEN_SESSION, SessionId.NONE, 1, ByteString.EMPTY));
            }
            for (int each = random.nextInt(8); each > 0; each--) {
                requests.add(new Request(
                        Request.Kind.ORDERED,
                        SESSION,
                        ++number,
                        encoded(new KeyValueRequest.Put(text(random.nextInt(4)), text(sequence)))));
            }
            RequestBundle bundle = bundle(requests);
            Batch batch = Batches.of(sequence, List.of(bundle.digest()));
            chain = Chain.next(chain, sequence, batch.digest());
            DecidedBatch decided = new DecidedBatch(0, sequence, batch, List.of(bundle), chain);
            executor.submit(
                    sequence % 4 == 0
                            ? new ExecutionRequest.UpdateAndGetAppState(decided)
                            : new ExecutionRequest.Update(decided));
            executor.offer(new ExecutionRequest.ExecuteUnordered(List.of(bundle(List.of(new Request(
                    Request.Kind.UNORDERED, SessionId.NONE, sequence, encoded(new KeyValueRequest.Get(text(1)))))))));
            if (sequence % 3 == 0) {
                executor.submit(new ExecutionRequest.Read(status -> ear.statuses++));
            }
        }
    }

    private static ByteString encoded(KeyValueRequest request) {
        return ByteString.copyFrom(KeyValueRequest.CODEC.encode(request));
    }

    private static ByteString text(int number) {
        return ByteString.copyFromUtf8("text " + number);
    }

    private static RequestBundle bundle(List<Request> requests) {
        return new RequestBundle(
                new ClientId(new Digest(1, 1, 1, 1)),
                new PublicKey(new byte[1]),
                requests,
                List.of(),
                ByteString.EMPTY,
                Digest.ZERO);
    }

    private static final class Ear implements ExecutionListener, Replier {
        private final List<String> replies = new ArrayList<>();
        private final List<String> checkpoints = new ArrayList<>();
        private int statuses;

        boolean hasHeardAll() {
            return checkpoints.size() == BATCHES / 4 && statuses == BATCHES / 3;
        }

        @Override
        public void ordered(long view, Map<ClientId, List<Reply>> answers) {
            answers.values().forEach(its -> its.forEach(reply -> replies.add(text(reply))));
        }

        private static String text(Reply reply) {
            return reply.number() + " at " + reply.sequence() + ": " + reply.outcome() + " "
                    + reply.result().toStringUtf8();
        }

        @Override
        public void unordered(long view, Map<ClientId, List<Reply>> answers) {}

        @Override
        public long waiting(ClientId client) {
            return 0;
        }

        @Override
        public void checkpoint(long sequence, Digest chain, Digest stateDigest) {
            checkpoints.add(sequence + ": " + stateDigest);
        }

        @Override
        public void installed(AnsweredNumbers answered) {}

        @Override
        public void failed(Throwable cause) {
            throw new AssertionError(cause);
        }
    }
}
