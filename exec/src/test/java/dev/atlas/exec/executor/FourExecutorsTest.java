package dev.atlas.exec.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.ExecutorStatus;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.message.Reply;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.RequestBundle.Acknowledgement;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.net.env.SystemEnvironment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Four executors, one behaviour. */
@Timeout(120)
class FourExecutorsTest {

    private final SystemEnvironment environment = SystemEnvironment.create("four", 4);
    private final List<Driven> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Driven::close);
        environment.close();
    }

    static Stream<String> kinds() {
        return Stream.concat(Driven.KINDS.stream(), Driven.PLAIN.stream());
    }

    private Driven open(String kind) {
        Driven driven = new Driven(kind, environment, SessionLimits.defaults());
        opened.add(driven);
        return driven;
    }

    private static ByteString payload(long number) {
        return ByteString.copyFromUtf8(Long.toString(number));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aStateIsInstalledFromAnothersCheckpointAndExecutionGoesOnAlike(String kind) throws Exception {
        Driven source = open(kind);
        Driven target = open(kind);
        execute(source, target, 5, false);
        await(target, 5);
        execute(source, target, 40, true);
        CheckpointSnapshot snapshot = checkpoint(source, 45);
        StateDescriptor descriptor = snapshot.descriptor();
        assertThat(read(target, 1).sequence()).isEqualTo(5);
        CompletableFuture<StateInstallation> installed = new CompletableFuture<>();
        target.executor.submit(new ExecutionRequest.PollStateChannel(installed::complete));
        send(target, snapshot);
        assertThat(installed.get(20, TimeUnit.SECONDS)).isEqualTo(new StateInstallation.Installed(descriptor));
        assertThat(read(target, 2).sequence()).as("not of the state before").isEqualTo(45);
        assertThat(target.installed).singleElement().satisfies(answered -> {
            assertThat(answered.sequence()).isEqualTo(descriptor.sequence());
            assertThat(answered.covers(someBundle(40))).isTrue();
            assertThat(answered.covers(someBundle(41))).isFalse();
        });
        assertThat(checkpoint(target, 45).descriptor()).isEqualTo(descriptor);
        // Driven counts batches itself: the target is fed the source's.
        for (int each = 0; each < 20; each++) {
            DecidedBatch batch = source.batch(1, List.of(someBundle(100 + each)));
            source.executor.submit(new ExecutionRequest.Update(batch));
            target.executor.submit(new ExecutionRequest.Update(batch));
        }
        ExecutorStatus after = source.status();
        assertThat(await(target, after.executed())).isEqualTo(after);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anAbortedOrFalseStateLeavesTheExecutorAsItWas(String kind) throws Exception {
        Driven source = open(kind);
        Driven target = open(kind);
        execute(source, target, 3, false);
        ExecutorStatus before = await(target, 3);
        execute(source, target, 30, true);
        CheckpointSnapshot snapshot = checkpoint(source, 33);
        StateDescriptor descriptor = snapshot.descriptor();
        List<PartDescriptor> parts = descriptor.parts();

        assertThat(transfer(target, List.of(new StatePiece.Begin(descriptor), new StatePiece.Abort())))
                .isInstanceOf(StateInstallation.Refused.class);
        assertThat(transfer(
                        target,
                        List.of(
                                new StatePiece.Begin(descriptor),
                                new StatePiece.Part(
                                        0,
                                        of(
                                                parts.getFirst(),
                                                snapshot.part(0).bytes().substring(1))),
                                new StatePiece.Part(1, snapshot.part(parts.size() - 1)),
                                new StatePiece.End())))
                .isInstanceOf(StateInstallation.Refused.class);
        byte[] altered = snapshot.part(0).bytes().toByteArray();
        altered[altered.length - 1] ^= 1;
        List<StatePiece> otherState = new ArrayList<>();
        otherState.add(new StatePiece.Begin(descriptor));
        otherState.add(new StatePiece.Part(0, of(parts.getFirst(), ByteString.copyFrom(altered))));
        for (int index = 1; index < parts.size(); index++) {
            otherState.add(new StatePiece.Part(index, snapshot.part(index)));
        }
        otherState.add(new StatePiece.End());
        assertThat(transfer(target, otherState)).isInstanceOf(StateInstallation.Refused.class);
        StateDescriptor false_ = new StateDescriptor(
                33, descriptor.chain(), descriptor.timeMillis(), descriptor.membership(), List.of(), List.of());
        assertThat(transfer(target, List.of(new StatePiece.Begin(false_), new StatePiece.End())))
                .isInstanceOf(StateInstallation.Refused.class);
        assertThat(await(target, 3)).isEqualTo(before);
        send(target, snapshot);
        assertThat(target.installed).isEmpty();
        CompletableFuture<StateInstallation> installed = new CompletableFuture<>();
        target.executor.submit(new ExecutionRequest.PollStateChannel(installed::complete));
        assertThat(installed.get(20, TimeUnit.SECONDS)).isInstanceOf(StateInstallation.Installed.class);
    }

    /** Who sends it asks what became of it when all is sent. */
    @ParameterizedTest
    @MethodSource("kinds")
    void aStateThatIsRefusedBeforeItsEndIsTakenToItsEnd(String kind) throws Exception {
        Driven source = open(kind);
        Driven target = open(kind);
        execute(source, target, 3, true);
        CheckpointSnapshot snapshot = checkpoint(source, 3);
        for (StatePiece last : List.of(new StatePiece.End(), new StatePiece.Abort())) {
            CompletableFuture<StateInstallation> outcome = new CompletableFuture<>();
            target.executor.submit(new ExecutionRequest.PollStateChannel(outcome::complete));
            target.executor.transfer(new StatePiece.Begin(snapshot.descriptor()));
            StatePiece outOfTurn = new StatePiece.Part(1_000_000, snapshot.part(0));
            for (int piece = 0; piece < 1000; piece++) {
                target.executor.transfer(outOfTurn);
            }
            assertThat(outcome).as("told at the end").isNotDone();
            target.executor.transfer(last);
            assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(StateInstallation.Refused.class);
        }
        CompletableFuture<StateInstallation> installed = new CompletableFuture<>();
        target.executor.submit(new ExecutionRequest.PollStateChannel(installed::complete));
        send(target, snapshot);
        assertThat(installed.get(20, TimeUnit.SECONDS)).isInstanceOf(StateInstallation.Installed.class);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void closingEndsAnInstallationThatWaits(String kind) throws Exception {
        Driven driven = open(kind);
        CompletableFuture<StateInstallation> outcome = new CompletableFuture<>();
        driven.executor.submit(new ExecutionRequest.PollStateChannel(outcome::complete));
        driven.close();
        assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(StateInstallation.Refused.class);
        assertThat(driven.failure).isNotDone();
    }

    private static PlainPart of(PartDescriptor part, ByteString bytes) {
        return new PlainPart(part, bytes);
    }

    private static StateInstallation transfer(Driven target, List<StatePiece> pieces) throws Exception {
        CompletableFuture<StateInstallation> outcome = new CompletableFuture<>();
        for (StatePiece piece : pieces) {
            target.executor.transfer(piece);
        }
        target.executor.submit(new ExecutionRequest.PollStateChannel(outcome::complete));
        return outcome.get(20, TimeUnit.SECONDS);
    }

    private static Reply read(Driven driven, long number) {
        driven.executor.offer(new ExecutionRequest.ExecuteUnordered(
                List.of(Driven.bundle(1, List.of(), List.of(Driven.unordered(number, ByteString.EMPTY))))));
        waitFor(() -> driven.unordered.stream().anyMatch(reply -> reply.number() == number));
        return driven.unordered.stream()
                .filter(reply -> reply.number() == number)
                .findFirst()
                .orElseThrow();
    }

    /** Parts in any order where the executor permits it, each checked as a receiver would. */
    private static void send(Driven target, CheckpointSnapshot snapshot) throws IOException, InterruptedException {
        StateDescriptor descriptor = snapshot.descriptor();
        List<Integer> order = new ArrayList<>();
        for (int index = 0; index < descriptor.application().size(); index++) {
            order.add(index);
        }
        if (target.executor.partsInAnyOrder()) {
            Collections.shuffle(order, new Random(1));
        }
        for (int index = 0; index < descriptor.sessions().size(); index++) {
            order.add(descriptor.application().size() + index);
        }
        target.executor.transfer(new StatePiece.Begin(descriptor));
        for (int index : order) {
            ByteString bytes = snapshot.part(index).bytes();
            for (int at : new int[] {Integer.BYTES, bytes.size() - 1}) {
                byte[] altered = bytes.toByteArray();
                altered[at] ^= 1;
                assertThatThrownBy(() -> target.executor.read(descriptor, index, ByteString.copyFrom(altered)))
                        .as("byte %d of part %d", at, index)
                        .isInstanceOf(IOException.class);
            }
            target.executor.transfer(new StatePiece.Part(index, target.executor.read(descriptor, index, bytes)));
        }
        target.executor.transfer(new StatePiece.End());
    }

    private static CheckpointSnapshot checkpoint(Driven driven, long sequence) throws Exception {
        Optional<CheckpointSnapshot> found = driven.executor.checkpoint(sequence);
        for (long end = System.nanoTime() + 20_000_000_000L; found.isEmpty() && System.nanoTime() < end; ) {
            Thread.onSpinWait();
            found = driven.executor.checkpoint(sequence);
        }
        return found.orElseThrow();
    }

    private static ExecutorStatus await(Driven driven, long executed) throws Exception {
        while (true) {
            CompletableFuture<ExecutorStatus> answer = new CompletableFuture<>();
            driven.executor.submit(new ExecutionRequest.Read(answer::complete));
            ExecutorStatus status = answer.get(20, TimeUnit.SECONDS);
            if (status.executed() >= executed) {
                return status;
            }
        }
    }

    /** Feeds batches to the source, the last as a checkpoint, and to the target unless it is to fall behind. */
    private static void execute(Driven source, Driven target, int batches, boolean sourceOnly) throws Exception {
        for (int each = 1; each <= batches; each++) {
            DecidedBatch batch = source.batch(1, List.of(someBundle(each)));
            source.executor.submit(
                    each == batches
                            ? new ExecutionRequest.UpdateAndGetAppState(batch)
                            : new ExecutionRequest.Update(batch));
            if (!sourceOnly) {
                target.executor.submit(new ExecutionRequest.Update(batch));
            }
        }
    }

    private static RequestBundle someBundle(int number) {
        List<Request> requests = new ArrayList<>();
        if (number == 1) {
            requests.add(Driven.opening(number));
        }
        for (int each = 0; each < 10; each++) {
            requests.add(Driven.ordered(new SessionId(1, 0), 10L * number + each, payload(100L * number + each)));
        }
        return Driven.bundle(0, List.of(), requests);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void checkpointsAreReportedInOrderAndTheLastThreeAreKept(String kind) throws Exception {
        Driven driven = open(kind);
        for (int each = 1; each <= 6; each++) {
            driven.executor.submit(
                    new ExecutionRequest.UpdateAndGetAppState(driven.batch(each, List.of(someBundle(each)))));
        }
        ExecutorStatus status = driven.status();
        assertThat(driven.checkpoints).hasSize(6).last().isEqualTo("6:" + status.stateDigest());
        assertThat(driven.checkpoints.stream().map(each -> each.substring(0, 1)))
                .containsExactly("1", "2", "3", "4", "5", "6");
        assertThat(driven.executor.checkpoint(3)).isEmpty();
        assertThat(driven.executor.checkpoint(4)).isPresent();
        assertThat(driven.executor.latestCheckpoint().orElseThrow().descriptor().digest())
                .isEqualTo(status.stateDigest());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anUnorderedRequestNeverSeesHalfABatchNorAStateBeforeAnAnsweredOne(String kind) throws Exception {
        Driven driven = open(kind);
        driven.feed(Driven.bundle(0, List.of(), List.of(Driven.opening(1))));
        driven.status();
        for (int round = 1; round <= 200; round++) {
            driven.feed(Driven.bundle(
                    0,
                    List.of(new Acknowledgement(new SessionId(1, 0), round - 1)),
                    List.of(Driven.ordered(new SessionId(1, 0), round, ByteString.copyFromUtf8("set " + round)))));
            assertThat(driven.executor.offer(new ExecutionRequest.ExecuteUnordered(List.of(Driven.bundle(
                            1, List.of(), List.of(Driven.unordered(round, ByteString.copyFromUtf8("read"))))))))
                    .isTrue();
            if (round % 20 == 0) {
                int answered = round;
                waitFor(() -> driven.replies.size() >= answered + 1);
                int before = driven.unordered.size();
                driven.executor.offer(new ExecutionRequest.ExecuteUnordered(List.of(
                        Driven.bundle(1, List.of(), List.of(Driven.unordered(1_000_000 + round, ByteString.EMPTY))))));
                waitFor(() -> driven.unordered.size() > before
                        && driven.unordered.stream().anyMatch(reply -> reply.number() == 1_000_000 + answered));
                assertThat(driven.unordered.stream()
                                .filter(reply -> reply.number() == 1_000_000 + answered)
                                .map(reply -> reply.result().toStringUtf8()))
                        .containsExactly(answered + "=" + answered);
            }
        }
        waitFor(() -> driven.unordered.size() == 210);
        assertThat(driven.unordered).allSatisfy(reply -> {
            String[] pair = reply.result().toStringUtf8().split("=");
            assertThat(pair[0]).isEqualTo(pair[1]);
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anOrderedRequestDoesNotWaitForAFloodOfUnorderedOnes(String kind) throws Exception {
        Driven driven = open(kind);
        CountDownLatch first = holdExecution(driven);
        int flood = 2 * FairQueue.BUNDLES_PER_CLIENT;
        for (int number = 0; number < flood; number++) {
            assertThat(driven.executor.offer(new ExecutionRequest.ExecuteUnordered(List.of(Driven.bundle(
                            1 + number % 2, List.of(), List.of(Driven.unordered(number, ByteString.EMPTY)))))))
                    .isTrue();
        }
        CompletableFuture<Integer> answeredBefore = new CompletableFuture<>();
        driven.gate = new CountDownLatch(0) {
            @Override
            public void await() {
                answeredBefore.complete(driven.unordered.size());
            }
        };
        driven.feed(Driven.bundle(0, List.of(), List.of(Driven.ordered(new SessionId(1, 0), 1, payload(1)))));
        first.countDown();
        if (kind.endsWith("plain")) {
            assertThat(answeredBefore.get(20, TimeUnit.SECONDS)).isLessThan(flood / 2);
        }
        waitFor(() -> driven.unordered.size() == flood);
        assertThat(driven.failure).isNotDone();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aBundleBeyondItsClientsShareIsGivenBackAlsoBesideOthersThatHaveRoom(String kind) throws Exception {
        Driven driven = open(kind);
        CountDownLatch first = holdExecution(driven);
        for (int number = 0; number < FairQueue.BUNDLES_PER_CLIENT; number++) {
            assertThat(driven.executor.offerUnordered(List.of(unordered(1, number))))
                    .isEmpty();
        }
        RequestBundle beyond = unordered(1, FairQueue.BUNDLES_PER_CLIENT);
        assertThat(driven.executor.offerUnordered(List.of(unordered(2, 0), beyond, unordered(3, 0))))
                .containsExactly(beyond);
        first.countDown();
        waitFor(() -> driven.unordered.size() == FairQueue.BUNDLES_PER_CLIENT + 2);
        assertThat(driven.executor.offerUnordered(List.of(beyond)))
                .as("sent again")
                .isEmpty();
        waitFor(() -> driven.unordered.stream().anyMatch(reply -> reply.number() == FairQueue.BUNDLES_PER_CLIENT));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anUnorderedRequestIsDroppedWhileTheStateIsOlderThanWhatMayHaveBeenAnswered(String kind) throws Exception {
        Driven driven = open(kind);
        driven.executor.answerUnorderedFrom(3);
        driven.feed(Driven.bundle(0, List.of(), List.of(Driven.opening(1))));
        driven.status();
        assertThat(driven.executor.offerUnordered(List.of(unordered(1, 1)))).isEmpty();
        driven.status();
        driven.executor.submit(new ExecutionRequest.CatchUp(List.of(driven.batch(1, List.of()))));
        assertThat(driven.executor.offerUnordered(List.of(unordered(1, 2)))).isEmpty();
        assertThat(driven.status().executed()).isEqualTo(2);
        assertThat(driven.executor.depth()).isZero();
        driven.executor.submit(new ExecutionRequest.CatchUp(List.of(driven.batch(1, List.of()))));
        assertThat(driven.status().executed()).isEqualTo(3);
        assertThat(read(driven, 3).sequence()).isEqualTo(3);
        assertThat(driven.unordered).hasSize(1);
    }

    private static RequestBundle unordered(int client, long number) {
        return Driven.bundle(client, List.of(), List.of(Driven.unordered(number, ByteString.EMPTY)));
    }

    /** The executor stays in the first batch until the latch is counted down. */
    private static CountDownLatch holdExecution(Driven driven) throws InterruptedException {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch held = new CountDownLatch(1) {
            @Override
            public void await() throws InterruptedException {
                arrived.countDown();
                super.await();
            }
        };
        driven.gate = held;
        driven.feed(Driven.bundle(0, List.of(), List.of(Driven.opening(1))));
        arrived.await();
        return held;
    }

    private static void waitFor(java.util.function.BooleanSupplier condition) {
        for (long end = System.nanoTime() + 20_000_000_000L; !condition.getAsBoolean(); ) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
