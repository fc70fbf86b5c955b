package dev.atlas.net.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.net.crypto.Ed25519Scheme;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.crypto.SignatureScheme.KeyPair;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.SystemEnvironment;
import dev.atlas.net.handshake.HandshakeResult.Accepted;
import dev.atlas.net.handshake.HandshakeResult.Rejected;
import dev.atlas.net.handshake.Transcript.Role;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NodeAddress;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.identity.StaticNetworkInformation;
import dev.atlas.net.transport.Channel;
import dev.atlas.net.transport.InMemoryNetwork;
import dev.atlas.net.transport.Transport.Listener;
import dev.atlas.protos.handshake.Acknowledge;
import dev.atlas.protos.handshake.Hello;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Replica 0 accepts; the test plays whoever connects. */
class HandshakeTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final SystemEnvironment environment = SystemEnvironment.create("test");
    private final Ed25519Scheme scheme = new Ed25519Scheme();
    private final KeyPair zero = scheme.generate(environment.random());
    private final KeyPair one = scheme.generate(environment.random());
    private final StaticNetworkInformation members = new StaticNetworkInformation(List.of(info(0, zero), info(1, one)));
    private Listener listener;
    private Channel here;
    private Channel there;

    private static NodeInfo info(int number, KeyPair keys) {
        return new NodeInfo(new ReplicaId(number), NodeKind.REPLICA, keys.publicKey(), List.of());
    }

    @BeforeEach
    void connect() throws IOException {
        InMemoryNetwork network = new InMemoryNetwork();
        listener = network.transport("here").listen(new NodeAddress("here", 0));
        there = network.transport("there").connect(listener.address());
        here = listener.accept();
    }

    @AfterEach
    void close() {
        listener.close();
        here.close();
        there.close();
        environment.close();
    }

    private Handshake handshake(int number, KeyPair keys, boolean plaintext, Duration deadline) {
        return handshake(environment, number, keys, plaintext, deadline);
    }

    private Handshake handshake(Environment its, int number, KeyPair keys, boolean plaintext, Duration deadline) {
        return new Handshake(
                its,
                LocalIdentity.replica("c", new ReplicaId(number), scheme, keys),
                members,
                kind -> 2,
                plaintext,
                deadline);
    }

    private FutureTask<HandshakeResult> accepting(Handshake handshake) {
        FutureTask<HandshakeResult> task = new FutureTask<>(() -> {
            HandshakeResult result = handshake.accept(here);
            here.close();
            return result;
        });
        environment.virtualThreads("accepting").newThread(task).start();
        return task;
    }

    private FutureTask<HandshakeResult> accepting() {
        return accepting(handshake(0, zero, true, LONG));
    }

    private static HandshakeResult result(FutureTask<HandshakeResult> task) throws Exception {
        return task.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    private Hello.Builder helloOfOne() {
        return Hello.newBuilder()
                .setProtocolVersion(Handshake.PROTOCOL_VERSION)
                .setClusterId(ByteString.copyFromUtf8("c"))
                .setReplicaId(1)
                .setKind(HelloCheck.code(NodeKind.REPLICA))
                .setPublicKey(ByteString.copyFrom(one.publicKey().encoded()))
                .setNonce(ByteString.copyFrom(new byte[HelloCheck.NONCE_BYTES]));
    }

    private void assertRefused(UnaryOperator<Hello.Builder> change, RejectionReason reason) throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        HandshakeIo.write(there, change.apply(helloOfOne()).build().toByteArray());
        HandshakeIo.read(there);
        assertThat(Acknowledge.parseFrom(HandshakeIo.read(there)).getRejection())
                .isEqualTo(reason.code());
        there.close();
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(reason));
    }

    @Test
    void twoMembersAccept() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        assertThat(handshake(1, one, true, LONG).dial(there, new ReplicaId(0), 1))
                .isEqualTo(new Accepted(new PeerIdentity(new ReplicaId(0), NodeKind.REPLICA, zero.publicKey()), 1));
        assertThat(result(accepted))
                .isEqualTo(new Accepted(new PeerIdentity(new ReplicaId(1), NodeKind.REPLICA, one.publicKey()), 1));
    }

    @Test
    void aClientIsTheHashOfItsKey() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        KeyPair keys = scheme.generate(environment.random());
        Handshake client =
                new Handshake(environment, LocalIdentity.client("c", scheme, keys), members, kind -> 1, true, LONG);
        assertThat(client.dial(there, new ReplicaId(0), 0)).isInstanceOf(Accepted.class);
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Accepted.class, a -> assertThat(a.peer().id()).isEqualTo(ClientId.of(keys.publicKey())));
    }

    @Test
    void anotherVersionIsRefused() throws Exception {
        assertRefused(hello -> hello.setProtocolVersion(2), RejectionReason.WRONG_VERSION);
    }

    @Test
    void anotherClusterIsRefused() throws Exception {
        assertRefused(hello -> hello.setClusterId(ByteString.copyFromUtf8("d")), RejectionReason.WRONG_CLUSTER);
    }

    @Test
    void anUnknownNumberIsRefused() throws Exception {
        assertRefused(hello -> hello.setReplicaId(7), RejectionReason.UNKNOWN_NODE);
    }

    @Test
    void aNegativeNumberIsRefused() throws Exception {
        assertRefused(hello -> hello.setReplicaId(-1), RejectionReason.UNKNOWN_NODE);
    }

    @Test
    void anotherKindThanTheMembershipsIsRefused() throws Exception {
        assertRefused(hello -> hello.setKind(HelloCheck.code(NodeKind.FOLLOWER)), RejectionReason.WRONG_KIND);
    }

    @Test
    void aReplicaWithoutANumberIsRefused() throws Exception {
        assertRefused(Hello.Builder::clearReplicaId, RejectionReason.WRONG_KIND);
    }

    @Test
    void anotherNodesKeyIsRefused() throws Exception {
        KeyPair stranger = scheme.generate(environment.random());
        assertRefused(
                hello -> hello.setPublicKey(
                        ByteString.copyFrom(stranger.publicKey().encoded())),
                RejectionReason.WRONG_KEY);
    }

    @Test
    void aPeerThatSaysItIsThisNodeIsRefused() throws Exception {
        assertRefused(
                hello -> hello.setReplicaId(0)
                        .setPublicKey(ByteString.copyFrom(zero.publicKey().encoded())),
                RejectionReason.SELF);
    }

    @Test
    void anIndexBeyondThePoolIsRefused() throws Exception {
        assertRefused(hello -> hello.setConnectionIndex(2), RejectionReason.BAD_CONNECTION_INDEX);
    }

    @Test
    void aShortNonceIsRefused() throws Exception {
        assertRefused(hello -> hello.setNonce(ByteString.copyFrom(new byte[4])), RejectionReason.MALFORMED);
    }

    @Test
    void plaintextIsRefusedUnlessAskedFor() throws Exception {
        HandshakeResult result = handshake(0, zero, false, LONG).accept(here);
        assertThat(result)
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.PLAINTEXT));
    }

    @Test
    void anOversizeMessageIsRefusedBeforeItArrives() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        there.write(
                ByteBuffer.allocate(4).putInt(Handshake.MAX_MESSAGE_BYTES + 1).flip());
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.MALFORMED));
    }

    @Test
    void garbageIsRefused() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        HandshakeIo.write(there, new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 1, 2, 3});
        HandshakeIo.read(there);
        HandshakeIo.read(there);
        there.close();
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.MALFORMED));
    }

    @Test
    void aPeerThatStallsIsClosedByTheDeadline() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting(handshake(0, zero, true, Duration.ofMillis(50)));
        there.write(ByteBuffer.allocate(1));
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.DEADLINE));
    }

    @Test
    void aSignatureOfTheOtherRoleIsRefused() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        byte[] ours = helloOfOne().build().toByteArray();
        HandshakeIo.write(there, ours);
        byte[] theirs = HandshakeIo.read(there);
        answer(one.sign(Transcript.signedBy(Role.ACCEPTOR, ours, theirs)));
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.BAD_SIGNATURE));
    }

    @Test
    void theAcceptorsOwnSignatureReflectedIsRefused() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        byte[] ours = helloOfOne().build().toByteArray();
        HandshakeIo.write(there, ours);
        byte[] theirs = HandshakeIo.read(there);
        answer(zero.sign(Transcript.signedBy(Role.ACCEPTOR, ours, theirs)));
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.BAD_SIGNATURE));
        assertNothingMoreFromTheAcceptor();
    }

    private void assertNothingMoreFromTheAcceptor() {
        assertThatThrownBy(() -> HandshakeIo.read(there)).isInstanceOf(IOException.class);
    }

    @Test
    void theAcceptorSignsNothingForWhoHasNotProvedHimself() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        HandshakeIo.write(there, helloOfOne().build().toByteArray());
        HandshakeIo.read(there);
        answer(new byte[64]);
        assertNothingMoreFromTheAcceptor();
        assertThat(result(accepted)).isInstanceOf(Rejected.class);
    }

    @Test
    void aDiallerIsToldOfNoConnectionThatTheAcceptorsDeadlineHasCutOff() throws Exception {
        ManualTimers timers = new ManualTimers(environment);
        FutureTask<HandshakeResult> accepted = accepting(handshake(timers, 0, zero, true, LONG));
        HandshakeIo.write(there, helloOfOne().build().toByteArray());
        HandshakeIo.read(there);
        timers.awaitScheduled(1);
        // The dialler's proof comes too late.
        timers.fireFirst();
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.DEADLINE));
        assertNothingMoreFromTheAcceptor();
    }

    /** The acceptor's end of the wire, whose every message is held up until somebody lets it go. */
    private static final class HeldUp implements Channel {

        private final Channel channel;
        private final List<Semaphore> messages = List.of(new Semaphore(1), new Semaphore(0));
        private int written;

        HeldUp(Channel channel) {
            this.channel = channel;
        }

        @Override
        public Optional<PublicKey> secure() throws IOException {
            return channel.secure();
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return channel.read(target);
        }

        @Override
        public void write(ByteBuffer source) throws IOException {
            messages.get(written++).acquireUninterruptibly();
            channel.write(source);
        }

        @Override
        public String remoteHost() {
            return channel.remoteHost();
        }

        @Override
        public void close() {
            channel.close();
        }
    }

    @Test
    void theDeadlineCutsNoConnectionWhoseLastWordIsOnItsWay() throws Exception {
        HeldUp held = new HeldUp(here);
        ManualTimers timers = new ManualTimers(environment);
        FutureTask<HandshakeResult> accepted =
                new FutureTask<>(() -> handshake(timers, 0, zero, true, LONG).accept(held));
        environment.virtualThreads("accepting").newThread(accepted).start();
        FutureTask<HandshakeResult> dialled =
                new FutureTask<>(() -> handshake(1, one, true, LONG).dial(there, new ReplicaId(0), 0));
        environment.virtualThreads("dialling").newThread(dialled).start();
        timers.awaitScheduled(2);
        timers.fireFirst();
        held.messages.getLast().release();
        assertThat(result(dialled)).isInstanceOf(Accepted.class);
        assertThat(result(accepted)).isInstanceOf(Accepted.class);
    }

    @Test
    void aSignatureOfAnEarlierExchangeIsRefused() throws Exception {
        byte[] ours = helloOfOne().build().toByteArray();
        byte[] earlier = ours.clone();
        FutureTask<HandshakeResult> accepted = accepting();
        HandshakeIo.write(there, ours);
        HandshakeIo.read(there);
        answer(one.sign(Transcript.signedBy(Role.DIALLER, ours, earlier)));
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.BAD_SIGNATURE));
    }

    @Test
    void aMemberInAnotherMembersPlaceIsRefusedByWhoDialled() throws Exception {
        FutureTask<HandshakeResult> accepted = accepting();
        assertThat(handshake(1, one, true, LONG).dial(there, new ReplicaId(3), 0))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.UNEXPECTED_PEER));
        assertThat(result(accepted))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(RejectionReason.REFUSED_BY_PEER));
    }

    private void answer(byte[] signature) throws IOException {
        HandshakeIo.write(
                there,
                Acknowledge.newBuilder()
                        .setSignature(ByteString.copyFrom(signature))
                        .build()
                        .toByteArray());
    }
}
