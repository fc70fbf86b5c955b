package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.SharedSettings;
import dev.atlas.core.ordering.Allowance;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.preprocessing.PreProcessingListener;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.types.Membership;
import dev.atlas.core.types.Quorums;
import dev.atlas.core.types.SessionId;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.BundleVerifier;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.MembershipVerifier;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.ReplicaSigner;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme;
import dev.atlas.net.env.RandomSource;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import dev.atlas.protos.messages.OrderingEnvelope;
import dev.atlas.replica.metrics.SettingsDifferEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PeerInboxTest {

    private static final String CLUSTER = "peer-inbox";
    private static final ReplicaId SELF = new ReplicaId(0);
    private static final ReplicaId GREEDY = new ReplicaId(1);
    private static final ReplicaId OTHER = new ReplicaId(2);
    private static final int BODIES = 20;

    private final SystemEnvironment environment = SystemEnvironment.create("peer-inbox-test", 1);
    private final SignatureScheme scheme = new Ed25519Scheme();
    private final BundleCodec codec = new BundleCodec(CLUSTER);
    private final List<RequestBundle> bundles = new ArrayList<>();
    private final List<NodeId> sentTo = new ArrayList<>();
    private final List<ByteString> sent = new ArrayList<>();
    private final List<OrderingMessage> other = new ArrayList<>();
    private final List<OrderingMessage> broadcast = new ArrayList<>();
    private final PeerOutbox outbox =
            new PeerOutbox(SELF, List.of(SELF, GREEDY, OTHER, new ReplicaId(3)), new Recorder());
    private final SettingsComparison settings =
            new SettingsComparison(SELF, SharedSettings.of(Collections.nCopies(10, 1L)));
    private long waiting;
    private final CountDownLatch held = new CountDownLatch(1);
    private final RequestPreProcessor requests = new RequestPreProcessor(
            environment,
            PreProcessingConfig.defaults(),
            Long.MAX_VALUE,
            new Quorums(4),
            codec,
            new BundleVerifier(scheme, CLUSTER),
            new NoReplies(),
            new Listener());

    @BeforeEach
    void fill() throws Exception {
        requests.start();
        SignatureScheme.KeyPair client = scheme.generate(environment.random());
        for (int number = 1; number <= BODIES; number++) {
            Request request = new Request(
                    Request.Kind.ORDERED, new SessionId(1, 0), number, ByteString.copyFrom(new byte[10_000]));
            bundles.add(codec.seal(client, List.of(request), List.of()));
        }
        requests.bodies().await(Batches.of(1, digests()), true, 1);
        bundles.forEach(bundle -> requests.receive(ClientId.of(client.publicKey()), bundle.envelope()));
        assertThat(held.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @AfterEach
    void close() {
        requests.close();
        environment.close();
    }

    @Test
    void aMemberFetchesNoMoreThanItsAllowanceAndAnotherIsAnswered() {
        // Far below a body a minute: nothing comes back while this test runs.
        PeerInbox inbox = inbox(new Allowance(100));
        inbox.receive(GREEDY, fetch(digests()));
        assertThat(sent).as("the look alone costs more").isEmpty();
        assertThat(inbox.excessiveFetches()).isEqualTo(1);
        inbox = inbox(new Allowance(50_000));
        inbox.receive(GREEDY, fetch(digests()));
        assertThat(sent).hasSizeBetween(4, 6);
        assertThat(inbox.excessiveFetches()).isEqualTo(1);
        sent.clear();
        inbox.receive(OTHER, fetch(digests().subList(0, 2)));
        assertThat(sent)
                .containsExactly(bundles.get(0).envelope(), bundles.get(1).envelope());
        assertThat(sentTo).endsWith(OTHER);
    }

    @Test
    void whoHasFetchedEnoughIsNotLookedForEither() {
        Allowance allowance = new Allowance(100);
        PeerInbox inbox = inbox(allowance);
        for (int fetch = 0; fetch < 10; fetch++) {
            inbox.receive(GREEDY, fetch(digests()));
        }
        assertThat(inbox.excessiveFetches()).isEqualTo(10);
        long paid = Duration.ofSeconds(1 + BODIES * 128 / 100).toNanos();
        assertThat(allowance.isLeft(GREEDY, environment.clock().nanoTime() + paid))
                .as("one look was paid for")
                .isTrue();
    }

    @Test
    void whoIsNoMemberIsNotListenedTo() {
        PeerInbox inbox = inbox(new Allowance(1 << 30));
        ReplicaId stranger = new ReplicaId(9);
        inbox.receive(stranger, fetch(digests()));
        inbox.receive(
                stranger,
                List.of(OrderingCodec.encode(
                        new OrderingMessage.Bodies(List.of(ByteString.copyFromUtf8("no envelope"))))));
        assertThat(inbox.strangers()).isEqualTo(2);
        assertThat(sent).isEmpty();
        inbox.receive(GREEDY, fetch(digests().subList(0, 1)));
        assertThat(inbox.strangers()).isEqualTo(2);
        assertThat(sent).hasSize(1);
    }

    @Test
    void aMemberHasFewChecksUnderWayAndWaitsItselfWithMore() throws Exception {
        Checked checked = new Checked(new CountDownLatch(1));
        List<ByteBuffer> messages = new ArrayList<>();
        for (int number = 1; number <= InboundBudget.CHECKS_PER_PEER + 2; number++) {
            messages.add(checked.checkpoint(number));
        }
        Thread reader = Thread.ofVirtual().start(() -> checked.inbox.receive(GREEDY, messages));
        while (reader.getState() != Thread.State.WAITING && reader.isAlive()) {
            Thread.onSpinWait();
        }
        assertThat(reader.isAlive()).as("it waits").isTrue();
        checked.gate.countDown();
        reader.join();
        checked.awaitChecks();
        List<Letter> letters = new ArrayList<>();
        assertThat(checked.mailbox.drain(letters, 16)).isTrue();
        assertThat(letters).hasSize(messages.size());
    }

    @Test
    void aCertificateThatChangesNothingIsNotChecked() throws Exception {
        Checked checked = new Checked(new CountDownLatch(0));
        List<Letter> letters = new ArrayList<>();
        for (long sequence : new long[] {1000, 2000}) {
            checked.inbox.receive(GREEDY, List.of(checked.certificate(sequence)));
            checked.awaitChecks();
            assertThat(checked.mailbox.drain(letters, 16)).isTrue();
            assertThat(letters).hasSize(1);
            checked.inbox.receive(GREEDY, List.of(checked.certificate(sequence)));
            checked.awaitChecks();
            assertThat(checked.checks).as("ordering has not had it yet").hasValue(2);
            ((Letter.Checked) letters.getFirst()).event().apply(new Now(0, 0));
            checked.inbox.receive(GREEDY, List.of(checked.certificate(sequence), checked.certificate(1000)));
            checked.awaitChecks();
            assertThat(checked.checks).hasValue(2);
            assertThat(checked.mailbox.drain(letters, 16)).isTrue();
            letters.clear();
            checked.checks.set(0);
        }
    }

    /** An inbox for one member, whose signatures are checked when the gate is open. */
    private final class Checked {
        private final CountDownLatch gate;
        private final AtomicInteger checks = new AtomicInteger();
        private final SignatureScheme.KeyPair keys = scheme.generate(environment.random());
        private final Mailbox<Lane, Letter> mailbox = new Mailbox<>(Lane.class, lane -> 16);
        private final PeerInbox inbox;

        Checked(CountDownLatch gate) {
            this.gate = gate;
            Membership membership = new Membership(0, List.of(new Membership.Member(GREEDY, keys.publicKey())));
            this.inbox = new PeerInbox(
                    SELF,
                    environment,
                    mailbox,
                    new InboundBudget(membership.ids(), 16),
                    new MembershipVerifier(new Gated(), CLUSTER, membership),
                    requests,
                    outbox,
                    settings,
                    new Allowance(1));
        }

        Signed<Checkpoint> signed(long sequence) {
            Checkpoint checkpoint = new Checkpoint(0, sequence, Digest.ZERO, Digest.ZERO, 0);
            return new ReplicaSigner(GREEDY, CLUSTER, keys).sign(checkpoint).signed();
        }

        ByteBuffer checkpoint(long sequence) {
            return OrderingCodec.encode(new OrderingMessage.SignedCheckpoint(signed(sequence)));
        }

        ByteBuffer certificate(long sequence) {
            return OrderingCodec.encode(
                    new OrderingMessage.StableCheckpoint(new CheckpointCertificate(List.of(signed(sequence)))));
        }

        /** The pool has one thread. */
        void awaitChecks() throws InterruptedException {
            CountDownLatch over = new CountDownLatch(1);
            environment.computePool().execute(over::countDown);
            assertThat(over.await(20, TimeUnit.SECONDS)).isTrue();
        }

        private final class Gated implements SignatureScheme {
            @Override
            public KeyPair generate(RandomSource random) {
                return scheme.generate(random);
            }

            @Override
            public KeyPair fromSecret(byte[] secret) {
                return scheme.fromSecret(secret);
            }

            @Override
            public Verifier verifier(PublicKey key) {
                Verifier verifier = scheme.verifier(key);
                return (message, signature) -> {
                    checks.incrementAndGet();
                    try {
                        return gate.await(20, TimeUnit.SECONDS) && verifier.verify(message, signature);
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                        return false;
                    }
                };
            }
        }
    }

    @Test
    void whoAsksIsToldWhatIsDecidedAndPaysForTheLook() {
        RequestBundle decided = bundles.getFirst();
        Batch batch = Batches.of(1, List.of(decided.digest()));
        requests.decided(new DecidedBatch(0, 1, batch, List.of(decided), Digest.ZERO));
        PeerInbox inbox = inbox(new Allowance(1 << 30));
        inbox.receive(GREEDY, ask(digests().subList(1, 2)));
        assertThat(other).as("nothing to say").isEmpty();
        inbox.receive(GREEDY, ask(digests()));
        assertThat(other).containsExactly(new OrderingMessage.DecidedBundles(List.of(decided.digest())));
        inbox = inbox(new Allowance(100));
        inbox.receive(GREEDY, ask(digests()));
        assertThat(other).hasSize(2);
        assertThat(inbox.excessiveFetches()).isZero();
        inbox.receive(GREEDY, ask(digests()));
        assertThat(other).as("the first look has cost all that it may").hasSize(2);
        assertThat(inbox.excessiveFetches()).isEqualTo(1);
    }

    @Test
    void allAreAskedWhatIsDecidedInQuestionsThatAreAnsweredWhole() {
        List<Digest> many = new ArrayList<>();
        for (int number = 0; number <= PeerInbox.LOOKS_PER_MESSAGE; number++) {
            many.add(new Digest(number, 0, 0, 0));
        }
        outbox.askDecided(many);
        assertThat(broadcast)
                .containsExactly(
                        new OrderingMessage.AskDecidedBundles(many.subList(0, PeerInbox.LOOKS_PER_MESSAGE)),
                        new OrderingMessage.AskDecidedBundles(List.of(many.getLast())));
        outbox.askDecided(List.of());
        assertThat(broadcast).hasSize(2);
    }

    private static List<ByteBuffer> ask(List<Digest> digests) {
        return List.of(OrderingCodec.encode(new OrderingMessage.AskDecidedBundles(digests)));
    }

    @Test
    void aBodyThatIsNamedManyTimesIsSentOnce() {
        PeerInbox inbox = inbox(new Allowance(1 << 30));
        inbox.receive(GREEDY, fetch(Collections.nCopies(1000, bundles.getFirst().digest())));
        assertThat(sent).containsExactly(bundles.getFirst().envelope());
    }

    @Test
    void aMemberWhoseConnectionIsFullIsAnsweredWhenThereIsRoomAgain() {
        PeerInbox inbox = inbox(new Allowance(1 << 30));
        waiting = (256 << 10) - 15_000;
        inbox.receive(GREEDY, fetch(digests()));
        assertThat(sent).as("one that fits, and one that begins").hasSize(2);
        assertThat(outbox.answersPutOff()).isEqualTo(1);
        waiting = 256 << 10;
        inbox.receive(GREEDY, fetch(digests()));
        assertThat(sent).hasSize(2);
        assertThat(outbox.answersPutOff()).isEqualTo(2);
        waiting = 0;
        inbox.receive(GREEDY, fetch(digests().subList(2, BODIES)));
        assertThat(sent).hasSize(BODIES);
        assertThat(outbox.answersPutOff()).isEqualTo(2);
    }

    @Test
    void aBatchIsNotSentAgainWhileEnoughIsOnItsWayAndAVoteIs() {
        Batch batch = Batches.of(1, digests());
        List<OrderingMessage> large =
                List.of(new OrderingMessage.PrePrepare(0, 0, 1, batch), new OrderingMessage.FetchedBatch(batch));
        OrderingMessage vote = new OrderingMessage.Prepare(0, 0, 1, batch.digest());
        waiting = 256 << 10;
        large.forEach(message -> outbox.send(GREEDY, message));
        outbox.send(GREEDY, vote);
        assertThat(other).containsExactly(vote);
        assertThat(outbox.answersPutOff()).isEqualTo(2);
        waiting--;
        large.forEach(message -> outbox.send(GREEDY, message));
        assertThat(other).hasSize(3).containsAll(large);
    }

    private List<Digest> digests() {
        return bundles.stream().map(RequestBundle::digest).toList();
    }

    private static List<ByteBuffer> fetch(List<Digest> digests) {
        return List.of(OrderingCodec.encode(new OrderingMessage.FetchBodies(digests)));
    }

    /** Its letter takes up as much of the mailbox as any other. */
    @Test
    void aSignedMessageCountsAgainstItsMemberUntilItIsOpened() throws Exception {
        SignatureScheme.KeyPair keys = scheme.generate(environment.random());
        Membership membership = new Membership(0, List.of(new Membership.Member(GREEDY, keys.publicKey())));
        Mailbox<Lane, Letter> mailbox = new Mailbox<>(Lane.class, lane -> 16);
        InboundBudget budget = new InboundBudget(membership.ids(), 1);
        PeerInbox inbox = new PeerInbox(
                SELF,
                environment,
                mailbox,
                budget,
                new MembershipVerifier(scheme, CLUSTER, membership),
                requests,
                outbox,
                settings,
                new Allowance(1));
        Checkpoint checkpoint = new Checkpoint(0, 1000, Digest.ZERO, Digest.ZERO, 0);
        OrderingMessage message = new OrderingMessage.SignedCheckpoint(
                new ReplicaSigner(GREEDY, CLUSTER, keys).sign(checkpoint).signed());
        inbox.receive(GREEDY, List.of(OrderingCodec.encode(message)));
        List<Letter> letters = new ArrayList<>();
        assertThat(mailbox.drain(letters, 16)).isTrue();
        CountDownLatch checked = new CountDownLatch(1);
        environment.computePool().execute(checked::countDown); // after the check: the pool has one thread
        assertThat(checked.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(letters.getFirst()).isInstanceOf(Letter.Checked.class);
        Thread next = Thread.ofVirtual().start(() -> {
            try {
                budget.take(GREEDY, 1);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        while (next.getState() != Thread.State.WAITING && next.isAlive()) {
            Thread.onSpinWait();
        }
        assertThat(next.getState()).isEqualTo(Thread.State.WAITING);
        budget.giveBack(GREEDY, 1);
        next.join();
    }

    private PeerInbox inbox(Allowance allowance) {
        List<Membership.Member> members = List.of(SELF, GREEDY, OTHER, new ReplicaId(3)).stream()
                .map(id -> new Membership.Member(
                        id, scheme.generate(environment.random()).publicKey()))
                .toList();
        Membership membership = new Membership(0, members);
        return new PeerInbox(
                SELF,
                environment,
                new Mailbox<>(Lane.class, lane -> 16),
                new InboundBudget(membership.ids(), 16),
                new MembershipVerifier(scheme, CLUSTER, membership),
                requests,
                outbox,
                settings,
                allowance);
    }

    @Test
    void aMemberThatRunsWithOtherSettingsIsKnownUntilItSaysOtherwise() {
        PeerInbox inbox = inbox(new Allowance(1));
        List<Long> theirs = new ArrayList<>(Collections.nCopies(10, 1L));
        theirs.set(List.of(SharedSettings.Setting.values()).indexOf(SharedSettings.Setting.WINDOW), 2L);
        OrderingMessage other = new OrderingMessage.Settings(SharedSettings.of(theirs));
        inbox.receive(GREEDY, List.of(OrderingCodec.encode(other)));
        inbox.receive(OTHER, List.of(OrderingCodec.encode(settings.announcement())));
        assertThat(settings.differences()).containsExactly(Map.entry(GREEDY, "SessionLimits.window: 2 instead of 1"));
        inbox.receive(GREEDY, List.of(OrderingCodec.encode(settings.announcement())));
        assertThat(settings.differences()).isEmpty();
        assertThat(inbox.malformed()).isZero();
    }

    @Test
    void aMemberThatSaysSomethingElseEachTimeMakesAFewLinesOnly() throws Exception {
        List<RecordedEvent> events = new CopyOnWriteArrayList<>();
        try (RecordingStream recorder = new RecordingStream()) {
            recorder.enable(SettingsDifferEvent.class);
            recorder.onEvent("atlas.SettingsDiffer", events::add);
            recorder.setReuse(false);
            recorder.startAsync();
            for (long value = 2; value < 100; value++) {
                settings.heard(GREEDY, SharedSettings.of(Collections.nCopies(10, value)));
                settings.heard(GREEDY, SharedSettings.of(Collections.nCopies(10, value)));
            }
            settings.heard(OTHER, SharedSettings.of(Collections.nCopies(10, 2L)));
            recorder.stop();
        }
        assertThat(events)
                .extracting(event -> event.getString("peer"))
                .hasSize(9)
                .endsWith(OTHER.toString());
        assertThat(settings.differences().get(GREEDY)).contains("99 instead of 1");
    }

    @Test
    void moreOrFewerSettingsThanThereAreAreMalformed() {
        PeerInbox inbox = inbox(new Allowance(1));
        for (int count : new int[] {0, 9, 11, 100_000}) {
            ByteBuffer message = ByteBuffer.wrap(OrderingEnvelope.newBuilder()
                    .setSettings(dev.atlas.protos.messages.SharedSettings.newBuilder()
                            .addAllValues(Collections.nCopies(count, 1L)))
                    .build()
                    .toByteArray());
            inbox.receive(GREEDY, List.of(message));
        }
        assertThat(inbox.malformed()).isEqualTo(4);
        assertThat(settings.differences()).isEmpty();
    }

    @Test
    void whatIsLateIsForwardedAsFarAsThereIsRoom() {
        long size = bundles.getFirst().size();
        waiting = (256 << 10) - 2 * size;
        assertThat(outbox.forward(GREEDY, bundles)).isEqualTo(bundles.subList(2, BODIES));
        assertThat(sent).hasSize(2);
        assertThat(outbox.answersPutOff()).isOne();
        waiting = 256 << 10;
        assertThat(outbox.forward(GREEDY, bundles)).isEqualTo(bundles);
        assertThat(sent).hasSize(2);
        assertThat(outbox.forward(SELF, bundles)).as("to itself").isEmpty();
        waiting = 0;
        assertThat(outbox.forward(GREEDY, bundles)).isEmpty();
        assertThat(sent).hasSize(2 + BODIES);
    }

    private final class Recorder implements OutgoingStub {
        @Override
        public boolean send(NodeId to, ByteBuffer payload) {
            if (OrderingCodec.decode(payload.duplicate()) instanceof Decoded.Value<OrderingMessage>(var message)) {
                if (message instanceof OrderingMessage.Bodies bodies) {
                    sentTo.add(to);
                    sent.addAll(bodies.envelopes());
                } else {
                    other.add(message);
                }
            }
            return true;
        }

        @Override
        public void broadcast(Collection<? extends NodeId> to, ByteBuffer payload) {
            assertThat(List.<NodeId>copyOf(to)).containsExactlyInAnyOrder(GREEDY, OTHER, new ReplicaId(3));
            if (OrderingCodec.decode(payload.duplicate()) instanceof Decoded.Value<OrderingMessage>(var message)) {
                broadcast.add(message);
            }
        }

        @Override
        public boolean sendNewest(NodeId to, int slot, ByteBuffer payload) {
            throw new AssertionError("bodies may be dropped");
        }

        @Override
        public long waiting(NodeId to) {
            return waiting;
        }
    }

    private final class Listener implements PreProcessingListener {
        @Override
        public void workWaiting() {}

        @Override
        public void bodiesHeld(Digest batch, boolean verified, long naming) {
            held.countDown();
        }

        @Override
        public void requestsLate(long view, List<RequestBundle> late, List<Digest> doubtful) {}

        @Override
        public void requestTimedOut(long view, Duration overdue) {}

        @Override
        public List<RequestBundle> unordered(List<RequestBundle> reads) {
            return List.of();
        }

        @Override
        public void answerAgain(RequestBundle bundle) {}
    }
}
