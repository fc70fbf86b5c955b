package dev.atlas.exec.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.ExecutionRequest;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.net.env.SystemEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Applications that leave interrupts behind, or throw what they do not declare: the executor goes on, or says why it does not. */
@Timeout(60)
class DisturbancesTest {

    private static final Runnable INTERRUPT = () -> Thread.currentThread().interrupt();

    private final SystemEnvironment environment = SystemEnvironment.create("disturbances", 4);
    private final List<Driven> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Driven::close);
        environment.close();
    }

    static Stream<String> kinds() {
        return Stream.concat(Driven.KINDS.stream(), Driven.PLAIN.stream());
    }

    /** On a state that is disturbed, while its operations are not. */
    private Driven disturbed(String kind, Runnable disturbance) {
        Scribbler<DisturbedState> application = new Scribbler<>(
                () -> Driven.KINDS.contains(kind)
                        ? new DisturbedState.Copyable(new KeyValueState(), disturbance)
                        : new DisturbedState(new KeyValueState(), disturbance),
                () -> {});
        return opened(new Driven(
                Driven.factory(kind.replace(" plain", ""), application), environment, SessionLimits.defaults()));
    }

    private Driven opened(Driven driven) {
        opened.add(driven);
        return driven;
    }

    private static RequestBundle bundle(int number) {
        return Driven.bundle(
                0,
                List.of(),
                List.of(
                        Driven.opening(1),
                        Driven.ordered(
                                new SessionId(1, 0), number, ByteString.copyFromUtf8(Integer.toString(number)))));
    }

    private static RequestBundle unordered(int number) {
        return Driven.bundle(1, List.of(), List.of(Driven.unordered(number, ByteString.EMPTY)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anInterruptThatAnOperationLeavesBehindEndsNothing(String kind) throws Exception {
        Driven driven = opened(new Driven(kind, environment, SessionLimits.defaults(), INTERRUPT));
        execute(driven, 20);
        assertThat(driven.checkpoints).hasSize(20);
        assertThat(driven.failure).isNotDone();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anInterruptThatAStateLeavesBehindEndsNothing(String kind) throws Exception {
        Driven source = disturbed(kind, INTERRUPT);
        execute(source, 20);
        CheckpointSnapshot snapshot = source.executor.latestCheckpoint().orElseThrow();
        Driven target = disturbed(kind, INTERRUPT);
        assertThat(transfer(target, snapshot)).isInstanceOf(StateInstallation.Installed.class);
        assertThat(target.status().stateDigest())
                .isEqualTo(snapshot.descriptor().digest());
        assertThat(source.failure).isNotDone();
        assertThat(target.failure).isNotDone();
    }

    /** The thread is whoever's replays or fetches it, and would be the one that ends. */
    @ParameterizedTest
    @MethodSource("kinds")
    void anInterruptThatAStateLeavesBehindWhenItReadsAPartEndsNothing(String kind) throws Exception {
        Driven driven = disturbed(kind, INTERRUPT);
        execute(driven, 1);
        CheckpointSnapshot snapshot = driven.executor.latestCheckpoint().orElseThrow();
        for (int index = 0; index < snapshot.descriptor().parts().size(); index++) {
            ByteString bytes = snapshot.part(index).bytes();
            Thread.interrupted(); // the state's part is made on this thread
            assertThat(driven.executor.read(snapshot.descriptor(), index, bytes).bytes())
                    .isEqualTo(bytes);
            assertThat(Thread.interrupted()).isFalse();
        }
    }

    /** Where they need not be declared, an application may throw them without knowing. */
    @ParameterizedTest
    @MethodSource("kinds")
    void aStateThatCannotBeInstalledForACheckedExceptionIsRefused(String kind) throws Exception {
        Driven source = disturbed(kind, () -> {});
        execute(source, 3);
        CheckpointSnapshot snapshot = source.executor.latestCheckpoint().orElseThrow();
        AtomicBoolean failing = new AtomicBoolean(true);
        Driven target = disturbed(kind, () -> {
            if (failing.get()) {
                throw DisturbancesTest.<RuntimeException>undeclared(new Exception("not today"));
            }
        });
        assertThat(transfer(target, snapshot)).isEqualTo(new StateInstallation.Refused("not today"));
        failing.set(false);
        assertThat(transfer(target, snapshot)).isInstanceOf(StateInstallation.Installed.class);
        assertThat(target.failure).isNotDone();
    }

    /** Whoever is told that a state was refused goes on from the one before. */
    @ParameterizedTest
    @MethodSource("kinds")
    void whatFailsWhenTheStateHasBeenReplacedIsNoRefusalAndStopsTheExecutor(String kind) throws Exception {
        Driven source = disturbed(kind, () -> {});
        execute(source, 3);
        IllegalStateException cause = new IllegalStateException("not heard");
        Driven target = disturbed(kind, () -> {});
        target.atInstallation = () -> {
            throw cause;
        };
        CompletableFuture<StateInstallation> outcome =
                send(target, source.executor.latestCheckpoint().orElseThrow());
        assertThat(target.failure.get(20, TimeUnit.SECONDS)).isSameAs(cause);
        assertThat(outcome).isNotDone();
    }

    @Test
    void anInterruptThatReachesTheExecutorWhileItWaitsIsReported() throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        Driven driven = opened(new Driven(
                "single-monolithic",
                environment,
                SessionLimits.defaults(),
                () -> thread.complete(Thread.currentThread())));
        driven.feed(bundle(1));
        driven.status();
        thread.get().interrupt();
        assertThat(driven.failure.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    }

    /** Executes batches each of which is a checkpoint, with requests from another in between that are not ordered. */
    private static void execute(Driven driven, int batches) throws Exception {
        for (int number = 1; number <= batches; number++) {
            driven.executor.offer(new ExecutionRequest.ExecuteUnordered(List.of(unordered(number))));
            driven.executor.submit(new ExecutionRequest.UpdateAndGetAppState(driven.batch(1, List.of(bundle(number)))));
        }
        assertThat(driven.status().executed()).isEqualTo(batches);
    }

    private static StateInstallation transfer(Driven target, CheckpointSnapshot snapshot) throws Exception {
        return send(target, snapshot).get(20, TimeUnit.SECONDS);
    }

    private static CompletableFuture<StateInstallation> send(Driven target, CheckpointSnapshot snapshot)
            throws Exception {
        CompletableFuture<StateInstallation> outcome = new CompletableFuture<>();
        target.executor.submit(new ExecutionRequest.PollStateChannel(outcome::complete));
        StateDescriptor descriptor = snapshot.descriptor();
        target.executor.transfer(new StatePiece.Begin(descriptor));
        for (int index = 0; index < descriptor.parts().size(); index++) {
            StatePiece part = new StatePiece.Part(index, snapshot.part(index));
            Thread.interrupted(); // the state's part is made on this thread
            target.executor.transfer(part);
        }
        target.executor.transfer(new StatePiece.End());
        return outcome;
    }

    @SuppressWarnings("unchecked") // that it is none is the point
    private static <E extends Exception> E undeclared(Exception checked) throws E {
        throw (E) checked;
    }
}
