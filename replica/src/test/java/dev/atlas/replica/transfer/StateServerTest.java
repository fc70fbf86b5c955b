package dev.atlas.replica.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.DivisibleState.PlainPart;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.execution.CheckpointSnapshot;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StatePiece;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.statetransfer.Span;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.net.concurrent.Supervisor;
import dev.atlas.net.connection.NetworkConfig;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import dev.atlas.net.env.Clock;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.ForwardingEnvironment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.SendingStub;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What serving a state to a peer that asks without end takes of a replica's time; which is that of a clock that only work and rests move. */
@Timeout(60)
class StateServerTest {

    private static final int ASKED = 100;
    private static final int COLLECTIONS = 20;
    private static final long SEQUENCE = 8;
    private static final ReplicaId SELF = new ReplicaId(0);
    private static final ReplicaId PEER = new ReplicaId(1);
    private static final Duration EACH = Duration.ofMillis(1);

    private final AtomicLong now = new AtomicLong();

    @Test
    void withNothingOrderedAPeerIsServedWithoutRests() throws Exception {
        assertThat(serve(0.25, EACH, false)).isEqualTo(EACH.multipliedBy(ASKED));
    }

    @Test
    void whileRequestsAreOrderedAPeerHasItsShareOfTheTime() throws Exception {
        assertThat(serve(0.25, EACH, true)).isEqualTo(EACH.multipliedBy(4 * (ASKED - 1) + 1));
        assertThat(serve(0.125, EACH, true)).isEqualTo(EACH.multipliedBy(8 * (ASKED - 1) + 1));
    }

    @Test
    void aShareOfOneIsAllOfTheTime() throws Exception {
        assertThat(serve(1, EACH, true)).isEqualTo(EACH.multipliedBy(ASKED));
    }

    @Test
    void aPeerThatReadsSlowlyIsNotMadeToWaitBeyondItsPatience() throws Exception {
        Duration slow = Duration.ofMillis(400);
        Duration longest = Duration.ofMillis(500);
        assertThat(serve(0.25, slow, true)).isEqualTo(slow.multipliedBy(ASKED).plus(longest.multipliedBy(ASKED - 1)));
        assertThat(slow.multipliedBy(2).plus(longest))
                .isLessThan(TransferSettings.over(NetworkConfig.DEFAULT).parts().patience());
    }

    @Test
    void whatFitsNoMessageIsSaidToBeUnavailableInsteadOfBeingDropped() throws Exception {
        assertThat(firstAnswer(OneState.BYTES.size() + 100)).isInstanceOf(TransferMessage.Parts.class);
        assertThat(firstAnswer(OneState.BYTES.size())).isEqualTo(new TransferMessage.Unavailable(SEQUENCE));
    }

    @Test
    void neighboursComeTogetherUpToWhatACorrectPeerAsksFor() throws Exception {
        ManyParts state = new ManyParts(Collections.nCopies(5, ByteString.copyFrom(new byte[100 * 1024])));
        assertThat(answer(state, new TransferMessage.FetchParts(SEQUENCE, 1, 2)))
                .isEqualTo(new TransferMessage.Parts(
                        SEQUENCE,
                        1,
                        2,
                        state.contents().get(1).concat(state.contents().get(2))));
        assertThat(answer(state, new TransferMessage.FetchParts(SEQUENCE, 1, 3)))
                .isEqualTo(new TransferMessage.Unavailable(SEQUENCE));
    }

    @Test
    void partsThatTheStateDoesNotHaveAreUnavailable() throws Exception {
        ManyParts state = new ManyParts(List.of(ByteString.copyFromUtf8("first"), ByteString.copyFromUtf8("last")));
        assertThat(answer(state, new TransferMessage.FetchParts(SEQUENCE, 0, 2)))
                .isInstanceOf(TransferMessage.Parts.class);
        assertThat(answer(state, new TransferMessage.FetchParts(SEQUENCE, 1, 2)))
                .isEqualTo(new TransferMessage.Unavailable(SEQUENCE));
        assertThat(answer(state, new TransferMessage.FetchParts(SEQUENCE, Integer.MAX_VALUE, Span.MOST_PARTS)))
                .isEqualTo(new TransferMessage.Unavailable(SEQUENCE));
    }

    private static TransferMessage answer(ManyParts state, TransferMessage.FetchParts question) throws Exception {
        CompletableFuture<TransferMessage> answer = new CompletableFuture<>();
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            StateServer server = new StateServer(
                    system,
                    SELF,
                    List.of(SELF, PEER),
                    new Sending(sent -> answer.complete(decoded(sent))),
                    state,
                    Integer.MAX_VALUE,
                    1);
            Checkpoint content =
                    new Checkpoint(0, SEQUENCE, Digest.ZERO, state.descriptor().digest(), 0);
            server.stable(
                    new CheckpointCertificate(List.of(Signed.of(SELF, content, ByteString.EMPTY, ByteString.EMPTY))));
            server.start(threads);
            server.offer(PEER, question);
            TransferMessage first = answer.get(20, TimeUnit.SECONDS);
            server.close();
            return first;
        }
    }

    @Test
    void whatItsApplicationCannotWriteIsSaidToBeUnavailableEachTime() throws Exception {
        List<TransferMessage> answers = new CopyOnWriteArrayList<>();
        CountDownLatch answered = new CountDownLatch(2);
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            StateServer server = new StateServer(
                    system,
                    SELF,
                    List.of(SELF, PEER),
                    new Sending(answer -> {
                        answers.add(decoded(answer));
                        answered.countDown();
                    }),
                    new Unwritable(),
                    Integer.MAX_VALUE,
                    1);
            server.stable(certificate(SEQUENCE));
            server.start(threads);
            server.offer(PEER, new TransferMessage.FetchParts(SEQUENCE, 0, 1));
            server.offer(PEER, new TransferMessage.FetchParts(SEQUENCE, 0, 1));
            assertThat(answered.await(20, TimeUnit.SECONDS)).isTrue();
            server.close();
        }
        assertThat(answers)
                .containsOnly(new TransferMessage.Unavailable(SEQUENCE))
                .hasSize(2);
    }

    /** Such as a failed assertion in a state of an author's own: the next state may be in order. */
    @Test
    void anErrorWhileAPeerIsServedIsNotTheEndOfServingIt() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        CompletableFuture<TransferMessage> answer = new CompletableFuture<>();
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            OneState failing = new OneState(SEQUENCE, () -> {
                if (failed.getCount() > 0) {
                    failed.countDown();
                    throw new AssertionError("expected by the test");
                }
            });
            StateServer server = new StateServer(
                    system,
                    SELF,
                    List.of(SELF, PEER),
                    new Sending(sent -> answer.complete(decoded(sent))),
                    failing,
                    Integer.MAX_VALUE,
                    1);
            server.stable(certificate(SEQUENCE));
            server.start(threads);
            server.offer(PEER, new TransferMessage.FetchParts(SEQUENCE, 0, 1));
            assertThat(failed.await(20, TimeUnit.SECONDS)).isTrue();
            server.offer(PEER, new TransferMessage.FetchParts(SEQUENCE, 0, 1));
            assertThat(answer.get(20, TimeUnit.SECONDS)).isInstanceOf(TransferMessage.Parts.class);
            server.close();
        }
    }

    /** The thread that orders requests does not wait for what takes long. */
    @Test
    void aCheckpointBecomesStableWhileAPeersStateIsCompared() throws Exception {
        CountDownLatch comparing = new CountDownLatch(1);
        CountDownLatch stable = new CountDownLatch(1);
        CompletableFuture<Boolean> stableMeanwhile = new CompletableFuture<>();
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            OneState slow = new OneState(SEQUENCE, () -> {
                comparing.countDown();
                stableMeanwhile.complete(opens(stable));
            });
            StateServer server = new StateServer(
                    system, SELF, List.of(SELF, PEER), new Sending(answer -> {}), slow, Integer.MAX_VALUE, 1);
            server.stable(certificate(SEQUENCE));
            server.offer(PEER, new TransferMessage.FetchDescriptor(SEQUENCE));
            server.start(threads);
            comparing.await();
            server.stable(certificate(SEQUENCE));
            stable.countDown();
            assertThat(stableMeanwhile.get()).isTrue();
            server.close();
        }
    }

    /** Nobody need ask for anything any more, for months. */
    @Test
    void aStateThatAPeerHasFetchedIsForgottenWhenItHasNotAskedForLong() throws Exception {
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            List<WeakReference<CheckpointSnapshot>> kept = new CopyOnWriteArrayList<>();
            CountDownLatch answered = new CountDownLatch(2);
            StateServer server = new StateServer(
                    new ManualTime(system),
                    SELF,
                    List.of(SELF, PEER),
                    new Sending(answer -> answered.countDown()),
                    new Noting(kept),
                    Integer.MAX_VALUE,
                    1);
            server.stable(certificate(SEQUENCE));
            server.offer(PEER, new TransferMessage.FetchDescriptor(SEQUENCE));
            server.offer(PEER, new TransferMessage.FetchDescriptor(SEQUENCE));
            server.start(threads);
            assertThat(answered.await(30, TimeUnit.SECONDS)).isTrue();
            now.addAndGet(StateServer.LEASE.toNanos() - 1);
            server.stable(certificate(2 * SEQUENCE));
            assertThat(kept).hasSize(1);
            assertThat(kept.getFirst().get()).isNotNull();
            now.addAndGet(1);
            server.stable(certificate(3 * SEQUENCE));
            for (int collection = 0; collection < COLLECTIONS && kept.getFirst().get() != null; collection++) {
                System.gc();
            }
            assertThat(kept.getFirst().get()).isNull();
            server.close();
        }
    }

    /** What it takes to compare a state with its certificate is work too. */
    @Test
    void aPeerThatAsksForPartsOfStatesInTurnHasNoMoreThanItsShareOfTheTime() throws Exception {
        long begun = now.get();
        AtomicLong worked = new AtomicLong();
        AtomicLong ended = new AtomicLong();
        CountDownLatch answered = new CountDownLatch(ASKED);
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            StateServer[] server = new StateServer[1];
            OneState large = new OneState(SEQUENCE, () -> {
                now.addAndGet(EACH.toNanos());
                worked.addAndGet(EACH.toNanos());
            });
            server[0] = new StateServer(
                    new ManualTime(system),
                    SELF,
                    List.of(SELF, PEER),
                    new Sending(answer -> {
                        server[0].ordered();
                        ended.set(now.get());
                        answered.countDown();
                    }),
                    large,
                    Integer.MAX_VALUE,
                    0.25);
            server[0].stable(certificate(SEQUENCE));
            server[0].stable(certificate(2 * SEQUENCE));
            for (int asked = 0; asked < ASKED; asked++) {
                long sequence = (1 + asked % 2) * SEQUENCE;
                assertThat(server[0].offer(PEER, new TransferMessage.FetchParts(sequence, 1, 1)))
                        .isTrue();
            }
            server[0].start(threads);
            assertThat(answered.await(30, TimeUnit.SECONDS)).isTrue();
            server[0].close();
        }
        long lastTurn = Duration.ofMillis(20).toNanos();
        assertThat(ended.get() - begun).isGreaterThan(4 * (worked.get() - lastTurn));
    }

    private static boolean opens(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private TransferMessage firstAnswer(int largestMessage) throws Exception {
        CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            StateServer server = server(new ManualTime(system), answer::complete, largestMessage, 1);
            assertThat(server.offer(PEER, new TransferMessage.FetchParts(SEQUENCE, 0, 1)))
                    .isTrue();
            server.start(threads);
            TransferMessage decoded = decoded(answer.get(30, TimeUnit.SECONDS));
            server.close();
            return decoded;
        }
    }

    private static TransferMessage decoded(ByteBuffer message) {
        return TransferCodec.decode(message).fold(Function.identity(), reason -> {
            throw new AssertionError(reason);
        });
    }

    private static StateServer server(
            Environment environment, Consumer<ByteBuffer> sent, int largestMessage, double share) {
        StateServer server = new StateServer(
                environment, SELF, List.of(SELF, PEER), new Sending(sent), new OneState(), largestMessage, share);
        server.stable(certificate(SEQUENCE));
        return server;
    }

    /**
     * Until the last part has been sent.
     *
     * @param each what sending a part takes, one of which is a turn
     */
    private Duration serve(double share, Duration each, boolean ordering) throws InterruptedException {
        long begun = now.get();
        CountDownLatch sent = new CountDownLatch(ASKED);
        try (SystemEnvironment system = SystemEnvironment.create("server");
                Supervisor threads = new Supervisor(system, "server", Duration.ofSeconds(10))) {
            StateServer[] server = new StateServer[1];
            AtomicLong ended = new AtomicLong();
            server[0] = server(
                    new ManualTime(system),
                    part -> {
                        ended.set(now.addAndGet(each.toNanos()));
                        if (ordering) {
                            server[0].ordered();
                        }
                        sent.countDown();
                    },
                    Integer.MAX_VALUE,
                    share);
            for (int asked = 0; asked < ASKED; asked++) {
                assertThat(server[0].offer(PEER, new TransferMessage.FetchParts(SEQUENCE, 0, 1)))
                        .isTrue();
            }
            server[0].start(threads);
            assertThat(sent.await(30, TimeUnit.SECONDS)).isTrue();
            server[0].close();
            return Duration.ofNanos(ended.get() - begun);
        }
    }

    private static CheckpointCertificate certificate(long sequence) {
        Checkpoint content = new Checkpoint(
                0, sequence, Digest.ZERO, new OneState().descriptor().digest(), 0);
        return new CheckpointCertificate(List.of(Signed.of(SELF, content, ByteString.EMPTY, ByteString.EMPTY)));
    }

    /** States that nobody installs. */
    private interface ServedOnly extends StateTransferPort {

        @Override
        default boolean partsInAnyOrder() {
            return true;
        }

        @Override
        default Part read(StateDescriptor descriptor, int index, ByteString bytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        default boolean transfer(StatePiece piece) {
            throw new UnsupportedOperationException();
        }
    }

    /** A part of it is as large as what is written in one go. */
    private record OneState(long sequence, Runnable whenLookedAt) implements ServedOnly, CheckpointSnapshot {

        private static final ByteString BYTES = ByteString.copyFrom(new byte[1 << 20]);

        private static final PartDescriptor PART = new PartDescriptor(
                ByteString.copyFromUtf8("part"), Hasher.hash(BYTES.asReadOnlyByteBuffer()), BYTES.size());

        OneState() {
            this(SEQUENCE, () -> {});
        }

        /** Another one each time. */
        @Override
        public Optional<CheckpointSnapshot> checkpoint(long sequence) {
            return Optional.of(new OneState(sequence, whenLookedAt));
        }

        @Override
        public Optional<CheckpointSnapshot> latestCheckpoint() {
            return Optional.of(this);
        }

        @Override
        public StateDescriptor descriptor() {
            whenLookedAt.run();
            return new StateDescriptor(sequence, Digest.ZERO, 0, Digest.ZERO, List.of(PART), List.of());
        }

        @Override
        public Part part(int index) {
            return new PlainPart(PART, BYTES);
        }
    }

    private record ManyParts(List<ByteString> contents) implements ServedOnly, CheckpointSnapshot {

        @Override
        public Optional<CheckpointSnapshot> checkpoint(long sequence) {
            return Optional.of(this);
        }

        @Override
        public Optional<CheckpointSnapshot> latestCheckpoint() {
            return Optional.of(this);
        }

        @Override
        public StateDescriptor descriptor() {
            List<PartDescriptor> parts =
                    contents.stream().map(ManyParts::describe).toList();
            return new StateDescriptor(SEQUENCE, Digest.ZERO, 0, Digest.ZERO, parts, List.of());
        }

        private static PartDescriptor describe(ByteString content) {
            return new PartDescriptor(
                    ByteString.copyFromUtf8("part"), Hasher.hash(content.asReadOnlyByteBuffer()), content.size());
        }

        @Override
        public Part part(int index) {
            return new PlainPart(describe(contents.get(index)), contents.get(index));
        }
    }

    /** Fails as code in a language without declared exceptions may. */
    private record Unwritable() implements ServedOnly {

        @Override
        public Optional<CheckpointSnapshot> checkpoint(long sequence) {
            return Optional.of(new CheckpointSnapshot() {
                @Override
                public StateDescriptor descriptor() {
                    return new OneState().descriptor();
                }

                @Override
                public Part part(int index) {
                    throw Unwritable.<RuntimeException>undeclared(new IOException("no part"));
                }
            });
        }

        @SuppressWarnings("unchecked") // what it is said to be is never looked at
        private static <X extends Throwable> X undeclared(Throwable failure) throws X {
            throw (X) failure;
        }

        @Override
        public Optional<CheckpointSnapshot> latestCheckpoint() {
            return Optional.empty();
        }
    }

    /** States that nobody else keeps. */
    private record Noting(List<WeakReference<CheckpointSnapshot>> given) implements ServedOnly {

        @Override
        public Optional<CheckpointSnapshot> checkpoint(long sequence) {
            CheckpointSnapshot state = new OneState(sequence, () -> {});
            given.add(new WeakReference<>(state));
            return Optional.of(state);
        }

        @Override
        public Optional<CheckpointSnapshot> latestCheckpoint() {
            return Optional.empty();
        }
    }

    private record Sending(Consumer<ByteBuffer> sent) implements SendingStub {

        @Override
        public boolean send(NodeId to, ByteBuffer payload) {
            sent.accept(payload);
            return true;
        }

        @Override
        public long waiting(NodeId to) {
            throw new UnsupportedOperationException();
        }
    }

    /** Sleeping moves its clock, and takes no time. */
    private final class ManualTime extends ForwardingEnvironment implements Clock {

        ManualTime(Environment system) {
            super(system);
        }

        @Override
        public Clock clock() {
            return this;
        }

        @Override
        public long nanoTime() {
            return now.get();
        }

        @Override
        public long wallMillis() {
            return now.get() / 1_000_000;
        }

        @Override
        public void sleep(Duration duration) {
            now.addAndGet(duration.toNanos());
        }

        @Override
        public void close() {
            // Nothing of its own.
        }
    }
}
