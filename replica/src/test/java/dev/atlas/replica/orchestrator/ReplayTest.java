package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.AnsweredNumbers;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionListener;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.storage.History;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a stored log gets into an executor. */
@Timeout(60)
class ReplayTest {

    private static final int LAST = 200;
    private static final int PERIOD = 8;
    private static final int BYTES = 1 << 20;

    private final SlowExecutor executor = new SlowExecutor();

    private Thread start(History history) {
        Replay replay = new Replay(history, executor, executor, new Deaf(), PERIOD);
        Thread thread = new Thread(() -> {
            try {
                replay.run();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
        return thread;
    }

    private static void awaitParkedOrEnded(Thread thread) {
        while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    /** Its application may take longer for each than the disk does, and there may be millions. */
    @ParameterizedTest(name = "groups of {0} MiB, {1} of which may wait")
    @CsvSource({"4, 7", "64, 1"})
    void noMoreIsReadThanTheExecutorHasRoomFor(int decisionsAtOnce, int groups) throws Exception {
        Thread replay = start(new Stored(decisionsAtOnce));
        int executed = 0;
        while (executed < LAST) {
            awaitParkedOrEnded(replay);
            assertThat(executor.submitted.get() - executed).isLessThanOrEqualTo(groups * decisionsAtOnce);
            ExecutionRequest next = executor.queue.poll(30, TimeUnit.SECONDS);
            assertThat(next).isNotNull();
            executed += SlowExecutor.decisions(next).size();
            if (next instanceof ExecutionRequest.CatchUp catchUp) {
                catchUp.taken().run();
            }
        }
        replay.join();
        assertThat(executor.submitted).hasValue(LAST);
    }

    @Test
    void everythingIsExecutedInOrderAndCheckpointsAreTaken() throws Exception {
        Thread replay = start(new Stored(5));
        long next = 1;
        while (next <= LAST) {
            ExecutionRequest request = executor.queue.poll(30, TimeUnit.SECONDS);
            assertThat(request).isNotNull();
            for (DecidedBatch batch : SlowExecutor.decisions(request)) {
                assertThat(batch.sequence()).isEqualTo(next++);
                assertThat(request instanceof ExecutionRequest.UpdateAndGetAppState)
                        .isEqualTo(batch.sequence() % PERIOD == 0);
            }
            if (request instanceof ExecutionRequest.CatchUp catchUp) {
                catchUp.taken().run();
            }
        }
        replay.join();
    }

    /** Its records match their checksums, so it is mostly the settings that are others, and no reason to put the directory aside. */
    @Test
    void aStateThatTheExecutorRefusesIsSaidToBeOfOtherSettings() {
        StateDescriptor state = new StateDescriptor(8, Digest.ZERO, 0, Digest.ZERO, List.of(), List.of());
        RefusingExecutor other = new RefusingExecutor() {
            @Override
            public void submit(ExecutionRequest request) {
                ((ExecutionRequest.PollStateChannel) request)
                        .asker()
                        .accept(new StateInstallation.Refused("a session with 955 answers"));
            }

            @Override
            public boolean transfer(StatePiece piece) {
                return true;
            }
        };
        assertThatThrownBy(() -> new Replay(new WithState(state), other, other, new Deaf(), PERIOD).run())
                .isInstanceOf(ReplicaFailure.class)
                .hasMessageContaining("a session with 955 answers")
                .hasMessageContaining("ran with other SessionLimits, another kind of executor")
                .hasMessageContaining("start it with those");
    }

    /** A state and nothing after it. */
    private record WithState(StateDescriptor descriptor) implements History {

        @Override
        public Optional<StateDescriptor> state() {
            return Optional.of(descriptor);
        }

        @Override
        public ByteString part(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public List<DecidedBatch> decisions(long first, int most) {
            return List.of();
        }
    }

    /** Decisions of a mebibyte each, without a state. */
    private record Stored(int atOnce) implements History {

        private static final RequestBundle BUNDLE = new RequestBundle(
                new ClientId(Digest.ZERO),
                new PublicKey(new byte[1]),
                List.of(),
                List.of(),
                ByteString.copyFrom(new byte[BYTES]),
                Digest.ZERO);

        @Override
        public Optional<StateDescriptor> state() {
            return Optional.empty();
        }

        @Override
        public ByteString part(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public List<DecidedBatch> decisions(long first, int most) {
            return LongStream.rangeClosed(first, LAST)
                    .limit(Math.min(most, atOnce))
                    .mapToObj(sequence -> new DecidedBatch(
                            0, sequence, Batches.of(sequence, List.of(BUNDLE.digest())), List.of(BUNDLE), Digest.ZERO))
                    .toList();
        }
    }

    /** Runs what it is given when the test does. */
    private static final class SlowExecutor extends RefusingExecutor {

        private final BlockingQueue<ExecutionRequest> queue = new LinkedBlockingQueue<>();
        private final AtomicInteger submitted = new AtomicInteger();

        private static List<DecidedBatch> decisions(ExecutionRequest request) {
            return switch (request) {
                case ExecutionRequest.CatchUp catchUp -> catchUp.batches();
                case ExecutionRequest.UpdateAndGetAppState update -> List.of(update.batch());
                default -> throw new AssertionError(request);
            };
        }

        @Override
        public void submit(ExecutionRequest request) {
            submitted.addAndGet(decisions(request).size());
            queue.add(request);
        }
    }

    private static final class Deaf implements ExecutionListener {

        @Override
        public void checkpoint(long sequence, Digest chain, Digest stateDigest) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void installed(AnsweredNumbers answered) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void failed(Throwable cause) {
            throw new UnsupportedOperationException();
        }
    }
}
