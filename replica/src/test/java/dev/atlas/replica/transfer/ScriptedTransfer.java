package dev.atlas.replica.transfer;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.statetransfer.PartSchedule;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.env.Clock;
import dev.atlas.net.env.DedicatedThread;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.FatalErrors;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.Timers;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.SendingStub;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A transfer whose sources, executor, pool and clock do what a test says, all on the thread that runs it. Each look at the clock takes a moment and fires the timer: a
 * run that is told nothing hears that time passes, and never waits.
 */
final class ScriptedTransfer {

    static final ReplicaId FIRST = new ReplicaId(1);
    static final ReplicaId SECOND = new ReplicaId(2);
    static final ReplicaId THIRD = new ReplicaId(3);

    static final TransferSettings SETTINGS = new TransferSettings(
            1 << 10,
            1 << 20,
            1, // each part alone
            new PartSchedule.Limits(16, 1 << 20, 4, 1 << 20, Duration.ofSeconds(2)),
            Duration.ofSeconds(10));

    /** The same, with neighbours asked for together up to so many bytes. */
    static TransferSettings together(long bytes) {
        return new TransferSettings(
                SETTINGS.largestPart(), SETTINGS.mostWaiting(), bytes, SETTINGS.parts(), SETTINGS.giveUpAfter());
    }

    private static final ReplicaId SELF = new ReplicaId(0);
    private static final Duration LOOK = Duration.ofMillis(10);

    private final StateTransfer transfer;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private Optional<Runnable> timer = Optional.empty();
    private Consumer<StateInstallation> ended = outcome -> {};
    private long now;

    /** Of the executor here; the parts that it shares with the state to be fetched are not fetched. */
    Optional<State> own = Optional.empty();

    /** What a source does when it is asked. */
    BiConsumer<ReplicaId, TransferMessage.Question> sources = (source, question) -> {};

    /** What else happens while the executor takes a piece. */
    Consumer<StatePiece> taking = piece -> {};

    /** What else the application does with the bytes of a part that has come. */
    Consumer<ByteString> reading = bytes -> {};

    /** Whether what is given to the pool waits for {@link #release}. */
    boolean holding;

    /** Whether ordering would still take the state. */
    BooleanSupplier wanted = () -> true;

    /** How often the executor was made to wait for a state. */
    int prepared;

    /** How much was given to the pool. */
    int checks;

    final List<StatePiece> pieces = new ArrayList<>();
    final List<CheckpointCertificate> committed = new ArrayList<>();

    ScriptedTransfer() {
        this(SETTINGS);
    }

    ScriptedTransfer(TransferSettings settings) {
        transfer = new StateTransfer(
                new Scripted(),
                SELF,
                List.of(SELF, FIRST, SECOND, THIRD),
                new Asking(),
                certificate -> true,
                new Taking(),
                settings);
    }

    boolean run(State atLeast) throws InterruptedException {
        return transfer.run(atLeast.certificate(), new Installing());
    }

    void answer(ReplicaId source, TransferMessage.Answer answer) {
        transfer.offer(source, answer, 100);
    }

    /** As a source that has this state and no other. */
    void answer(ReplicaId source, TransferMessage.Question question, State state) {
        answer(
                source,
                switch (question) {
                    case TransferMessage.AskState ask ->
                        state.sequence() >= ask.atLeast()
                                ? new TransferMessage.StateOffer(state.certificate())
                                : new TransferMessage.Unavailable(ask.atLeast());
                    case TransferMessage.FetchDescriptor fetch ->
                        state.sequence() == fetch.sequence()
                                ? new TransferMessage.Described(state.descriptor())
                                : new TransferMessage.Unavailable(fetch.sequence());
                    case TransferMessage.FetchParts fetch ->
                        state.sequence() == fetch.sequence()
                                ? new TransferMessage.Parts(
                                        fetch.sequence(), fetch.first(), fetch.count(), state.bytes(fetch))
                                : new TransferMessage.Unavailable(fetch.sequence());
                });
    }

    void release() {
        holding = false;
        while (!held.isEmpty()) {
            held.remove().run();
        }
    }

    void pass(Duration time) {
        now += time.toNanos();
    }

    void fireTimer() {
        Optional<Runnable> due = timer;
        timer = Optional.empty();
        due.ifPresent(Runnable::run);
    }

    /** Says how the installation has ended. */
    void end(StateInstallation outcome) {
        ended.accept(outcome);
    }

    long nowNanos() {
        return now;
    }

    /** A state with a certificate. */
    record State(long sequence, List<ByteString> contents) implements CheckpointSnapshot {

        static State of(long sequence, List<String> contents) {
            return new State(
                    sequence, contents.stream().map(ByteString::copyFromUtf8).toList());
        }

        @Override
        public StateDescriptor descriptor() {
            return new StateDescriptor(
                    sequence,
                    Digest.ZERO,
                    0,
                    Digest.ZERO,
                    contents.stream().map(State::describe).toList(),
                    List.of());
        }

        private static PartDescriptor describe(ByteString content) {
            return new PartDescriptor(content, Hasher.hash(content.asReadOnlyByteBuffer()), content.size());
        }

        @Override
        public Part part(int index) {
            return new PlainPart(describe(contents.get(index)), contents.get(index));
        }

        /** What is asked for, one after the other. */
        ByteString bytes(TransferMessage.FetchParts asked) {
            return ByteString.copyFrom(contents.subList(asked.first(), asked.first() + asked.count()));
        }

        CheckpointCertificate certificate() {
            Checkpoint content =
                    new Checkpoint(0, sequence, Digest.ZERO, descriptor().digest(), 0);
            return new CheckpointCertificate(List.of(Signed.of(FIRST, content, ByteString.EMPTY, ByteString.EMPTY)));
        }
    }

    private final class Installing implements StateInstaller {

        @Override
        public void certified(ReplicaId from, CheckpointCertificate certificate) {
            // Nobody orders anything here.
        }

        @Override
        public boolean wants(CheckpointCertificate certificate) {
            return wanted.getAsBoolean();
        }

        @Override
        public boolean prepare(Consumer<StateInstallation> hears) {
            prepared++;
            ended = hears;
            return true;
        }

        @Override
        public boolean commit(CheckpointCertificate certificate) {
            return wanted.getAsBoolean() && committed.add(certificate);
        }
    }

    private final class Taking implements StateTransferPort {

        @Override
        public boolean transfer(StatePiece piece) {
            pieces.add(piece);
            taking.accept(piece);
            if (piece instanceof StatePiece.End && pieces.getFirst() instanceof StatePiece.Begin begin) {
                end(new StateInstallation.Installed(begin.descriptor()));
            } else if (piece instanceof StatePiece.Abort) {
                end(new StateInstallation.Refused("aborted"));
            }
            return true;
        }

        @Override
        public Optional<CheckpointSnapshot> latestCheckpoint() {
            return own.map(Function.identity());
        }

        @Override
        public Part read(StateDescriptor descriptor, int index, ByteString bytes) throws IOException {
            reading.accept(bytes);
            return PlainPart.read(descriptor.parts().get(index), bytes);
        }

        @Override
        public boolean partsInAnyOrder() {
            return false;
        }

        @Override
        public Optional<CheckpointSnapshot> checkpoint(long sequence) {
            throw new UnsupportedOperationException();
        }
    }

    private final class Asking implements SendingStub {

        @Override
        public boolean send(NodeId to, ByteBuffer payload) {
            TransferMessage asked = TransferCodec.decode(payload).fold(Function.identity(), reason -> {
                throw new AssertionError(reason);
            });
            sources.accept((ReplicaId) to, (TransferMessage.Question) asked);
            return true;
        }
    }

    private final class Scripted implements Environment, Clock {

        @Override
        public Clock clock() {
            return this;
        }

        @Override
        public long nanoTime() {
            pass(LOOK);
            fireTimer();
            return now;
        }

        @Override
        public Timers timers() {
            return (delay, action) -> {
                timer = Optional.of(action);
                return () -> timer = Optional.empty();
            };
        }

        @Override
        public Executor computePool() {
            return check -> {
                checks++;
                held.add(check);
                if (!holding) {
                    release();
                }
            };
        }

        @Override
        public long wallMillis() {
            throw new UnsupportedOperationException();
        }

        @Override
        public RandomSource random() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ThreadFactory virtualThreads(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int computeParallelism() {
            throw new UnsupportedOperationException();
        }

        @Override
        public DedicatedThread dedicatedThread(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FatalErrors fatalErrors() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sleep(Duration duration) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // Nothing of its own.
        }
    }
}
