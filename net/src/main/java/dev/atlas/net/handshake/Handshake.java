package dev.atlas.net.handshake;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.env.Environment;
import dev.atlas.net.env.Timers.Timer;
import dev.atlas.net.handshake.Transcript.Role;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.transport.Channel;
import dev.atlas.protos.handshake.Acknowledge;
import dev.atlas.protos.handshake.Hello;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToIntFunction;
import javax.net.ssl.SSLException;

/**
 * Proves both ends of a new channel to each other. Thread-safe; each run blocks its own thread and ends by the deadline, whatever the
 * peer does, because a timer closes the channel.
 */
public final class Handshake {

    /** Nodes of different versions do not talk. */
    public static final int PROTOCOL_VERSION = 1;

    /** Largest message before the peer is known. */
    public static final int MAX_MESSAGE_BYTES = 1024;

    private static final int MAX_DETAIL = 200;

    private final Environment environment;
    private final LocalIdentity self;
    private final HelloCheck check;
    private final ToIntFunction<NodeKind> poolSize;
    private final boolean plaintextAllowed;
    private final Duration deadline;

    /**
     * @param poolSize how many connections a peer of a kind may have
     * @param plaintextAllowed whether a transport that authenticates nobody may be used; both ends then sign
     */
    public Handshake(
            Environment environment,
            LocalIdentity self,
            NetworkInformation information,
            ToIntFunction<NodeKind> poolSize,
            boolean plaintextAllowed,
            Duration deadline) {
        this.environment = environment;
        this.self = self;
        this.check = new HelloCheck(self, information);
        this.poolSize = poolSize;
        this.plaintextAllowed = plaintextAllowed;
        this.deadline = deadline;
    }

    /** As the end that has connected, to this node, as this connection of the pool. */
    public HandshakeResult dial(Channel channel, ReplicaId expected, int index) {
        return run(channel, Role.DIALLER, Optional.of(expected), index);
    }

    /** As the end that was connected to. */
    public HandshakeResult accept(Channel channel) {
        return run(channel, Role.ACCEPTOR, Optional.empty(), 0);
    }

    private HandshakeResult run(Channel channel, Role role, Optional<NodeId> expected, int index) {
        AtomicBoolean expired = new AtomicBoolean();
        Timer timer = environment.timers().schedule(deadline, () -> {
            expired.set(true);
            channel.close();
        });
        try {
            HandshakeResult result = exchange(channel, role, expected, index);
            return expired.get() ? late() : result;
        } catch (Rejection e) {
            return e.result();
        } catch (IOException e) {
            if (expired.get()) {
                return late();
            }
            RejectionReason reason =
                    e instanceof SSLException ? RejectionReason.TLS_FAILED : RejectionReason.CONNECTION_LOST;
            return new HandshakeResult.Rejected(reason, String.valueOf(e.getMessage()));
        } finally {
            timer.cancel();
        }
    }

    private HandshakeResult late() {
        return new HandshakeResult.Rejected(RejectionReason.DEADLINE, "not finished within " + deadline);
    }

    private HandshakeResult exchange(Channel channel, Role role, Optional<NodeId> expected, int index)
            throws IOException, Rejection {
        Optional<PublicKey> proven = channel.secure();
        if (proven.isEmpty() && !plaintextAllowed) {
            throw new Rejection(RejectionReason.PLAINTEXT, "plaintext was not asked for");
        }
        byte[] ours = hello(index).toByteArray();
        HandshakeIo.write(channel, ours);
        byte[] theirs = HandshakeIo.read(channel);
        byte[] dialler = role == Role.DIALLER ? ours : theirs;
        byte[] acceptor = role == Role.DIALLER ? theirs : ours;

        PeerIdentity peer;
        int agreed;
        try {
            Hello hello = HelloCheck.parse(theirs);
            peer = check.check(hello, proven);
            agreed = role == Role.DIALLER ? index : acceptedIndex(hello, peer);
            if (expected.isPresent() && !expected.get().equals(peer.id())) {
                throw new Rejection(
                        RejectionReason.UNEXPECTED_PEER, peer.id() + " where " + expected.get() + " was dialled");
            }
        } catch (Rejection e) {
            refuse(channel, e);
            throw e;
        }
        HandshakeIo.write(
                channel,
                accept(proven, Transcript.signedBy(role, dialler, acceptor)).toByteArray());
        Acknowledge answer = acknowledge(HandshakeIo.read(channel));
        if (answer.getRejection() != 0) {
            throw new Rejection(
                    RejectionReason.REFUSED_BY_PEER,
                    RejectionReason.nameOf(answer.getRejection()) + ": " + shortened(answer.getDetail()));
        }
        if (proven.isEmpty()) {
            verify(peer.publicKey(), Transcript.signedBy(role.other(), dialler, acceptor), answer);
        }
        return new HandshakeResult.Accepted(peer, agreed);
    }

    private Hello hello(int index) {
        byte[] nonce = new byte[HelloCheck.NONCE_BYTES];
        environment.random().nextBytes(nonce);
        Hello.Builder hello = Hello.newBuilder()
                .setProtocolVersion(PROTOCOL_VERSION)
                .setClusterId(ByteString.copyFromUtf8(self.clusterId()))
                .setKind(HelloCheck.code(self.kind()))
                .setConnectionIndex(index)
                .setPublicKey(ByteString.copyFrom(self.keyPair().publicKey().encoded()))
                .setNonce(ByteString.copyFrom(nonce));
        if (self.id() instanceof ReplicaId replica) {
            hello.setReplicaId(replica.number());
        }
        return hello.build();
    }

    private int acceptedIndex(Hello hello, PeerIdentity peer) throws Rejection {
        int index = hello.getConnectionIndex();
        int size = poolSize.applyAsInt(peer.kind());
        if (index < 0 || index >= size) {
            throw new Rejection(
                    RejectionReason.BAD_CONNECTION_INDEX, "a pool of " + size + " has no connection " + index);
        }
        return index;
    }

    private Acknowledge accept(Optional<PublicKey> proven, byte[] transcript) {
        Acknowledge.Builder acknowledge = Acknowledge.newBuilder();
        if (proven.isEmpty()) {
            acknowledge.setSignature(ByteString.copyFrom(self.keyPair().sign(transcript)));
        }
        return acknowledge.build();
    }

    /** Says why, and takes the peer's last message: a socket closed with unread input resets, which could destroy the answer. */
    private static void refuse(Channel channel, Rejection rejection) {
        try {
            HandshakeIo.write(
                    channel,
                    Acknowledge.newBuilder()
                            .setRejection(rejection.reason().code())
                            .setDetail(shortened(String.valueOf(rejection.getMessage())))
                            .build()
                            .toByteArray());
            HandshakeIo.read(channel);
        } catch (IOException | Rejection e) {
            rejection.addSuppressed(e);
        }
    }

    private static Acknowledge acknowledge(byte[] bytes) throws Rejection {
        try {
            return Acknowledge.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new Rejection(RejectionReason.MALFORMED, "not an Acknowledge");
        }
    }

    private void verify(PublicKey key, byte[] transcript, Acknowledge answer) throws Rejection {
        boolean valid;
        try {
            valid = self.scheme()
                    .verifier(key)
                    .verify(transcript, answer.getSignature().toByteArray());
        } catch (IllegalArgumentException e) {
            throw new Rejection(RejectionReason.MALFORMED, "not a key of this cluster's scheme");
        }
        if (!valid) {
            throw new Rejection(RejectionReason.BAD_SIGNATURE, "the peer has not proved its key");
        }
    }

    private static String shortened(String detail) {
        return detail.length() <= MAX_DETAIL ? detail : detail.substring(0, MAX_DETAIL);
    }
}
