package dev.atlas.net.handshake;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.env.Environment;
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
import java.util.function.ToIntFunction;
import javax.net.ssl.SSLException;

/**
 * Proves both ends of a new channel to each other. Thread-safe; each run blocks its own thread and ends by the deadline, whatever the
 * peer does, because a timer closes the channel.
 *
 * <p>Both say hello at once. Then the dialler proves itself first, and the acceptor has the last word: a dialler that is told of a
 * connection has one, and the acceptor signs nothing for who has not proved himself.
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
        try (HandshakeDeadline inTime = new HandshakeDeadline(environment.timers(), deadline, channel)) {
            try {
                Agreed agreed = agree(channel, role, expected, index);
                switch (role) {
                    case DIALLER -> {
                        acknowledge(channel, agreed);
                        hear(channel, agreed);
                        inTime.meet();
                    }
                    case ACCEPTOR -> {
                        hear(channel, agreed);
                        inTime.meet();
                        conclude(channel, agreed);
                    }
                }
                return new HandshakeResult.Accepted(agreed.peer(), agreed.index());
            } catch (IOException e) {
                inTime.check();
                RejectionReason reason =
                        e instanceof SSLException ? RejectionReason.TLS_FAILED : RejectionReason.CONNECTION_LOST;
                return new HandshakeResult.Rejected(reason, String.valueOf(e.getMessage()));
            }
        } catch (Rejection e) {
            return e.result();
        }
    }

    /**
     * What follows from both hellos if each end can prove its own.
     *
     * @param proven whether the transport has seen to that
     * @param ours what this end signs otherwise; {@code theirs} likewise
     */
    private record Agreed(PeerIdentity peer, int index, boolean proven, ByteString ours, ByteString theirs) {}

    private Agreed agree(Channel channel, Role role, Optional<NodeId> expected, int index)
            throws IOException, Rejection {
        Optional<PublicKey> proven = channel.secure();
        if (proven.isEmpty() && !plaintextAllowed) {
            throw new Rejection(RejectionReason.PLAINTEXT, "plaintext was not asked for");
        }
        byte[] ours = hello(index).toByteArray();
        HandshakeIo.write(channel, ours);
        byte[] theirs = HandshakeIo.read(channel);
        try {
            Hello hello = HelloCheck.parse(theirs);
            PeerIdentity peer = check.check(hello, proven);
            if (expected.isPresent() && !expected.get().equals(peer.id())) {
                throw new Rejection(
                        RejectionReason.UNEXPECTED_PEER, peer.id() + " where " + expected.get() + " was dialled");
            }
            byte[] dialler = role == Role.DIALLER ? ours : theirs;
            byte[] acceptor = role == Role.DIALLER ? theirs : ours;
            return new Agreed(
                    peer,
                    role == Role.DIALLER ? index : acceptedIndex(hello, peer),
                    proven.isPresent(),
                    ByteString.copyFrom(Transcript.signedBy(role, dialler, acceptor)),
                    ByteString.copyFrom(Transcript.signedBy(role.other(), dialler, acceptor)));
        } catch (Rejection e) {
            refuse(channel, e);
            throw e;
        }
    }

    private void acknowledge(Channel channel, Agreed agreed) throws IOException {
        Acknowledge.Builder acknowledge = Acknowledge.newBuilder();
        if (!agreed.proven()) {
            acknowledge.setSignature(
                    ByteString.copyFrom(self.keyPair().sign(agreed.ours().toByteArray())));
        }
        HandshakeIo.write(channel, acknowledge.build().toByteArray());
    }

    private void hear(Channel channel, Agreed agreed) throws IOException, Rejection {
        Acknowledge answer = parsed(HandshakeIo.read(channel));
        if (answer.getRejection() != 0) {
            throw new Rejection(
                    RejectionReason.REFUSED_BY_PEER,
                    RejectionReason.nameOf(answer.getRejection()) + ": " + shortened(answer.getDetail()));
        }
        if (!agreed.proven()) {
            verify(agreed.peer().publicKey(), agreed.theirs().toByteArray(), answer);
        }
    }

    /**
     * The acceptor's last word, by which the dialler goes: once it may be under way the first deadline must not take it back, else a peer
     * in a storm would find a connection cut that it has just been given. Who does not read it is cut off by a deadline of its own.
     */
    private void conclude(Channel channel, Agreed agreed) throws IOException, Rejection {
        try (HandshakeDeadline lastWord = new HandshakeDeadline(environment.timers(), deadline, channel)) {
            acknowledge(channel, agreed);
            lastWord.meet();
        }
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

    private static Acknowledge parsed(byte[] bytes) throws Rejection {
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
