package dev.atlas.net.handshake;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.atlas.net.crypto.PublicKey;
import dev.atlas.net.identity.ClientId;
import dev.atlas.net.identity.NetworkInformation;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.NodeInfo;
import dev.atlas.net.identity.NodeKind;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.protos.handshake.Hello;
import java.util.Optional;

/** Judges a peer's Hello. */
record HelloCheck(LocalIdentity self, NetworkInformation information) {

    static final int NONCE_BYTES = 32;

    static int code(NodeKind kind) {
        return switch (kind) {
            case REPLICA -> 1;
            case FOLLOWER -> 2;
            case CLIENT -> 3;
        };
    }

    static Hello parse(byte[] bytes) throws Rejection {
        try {
            return Hello.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new Rejection(RejectionReason.MALFORMED, "not a Hello");
        }
    }

    /** Everything but the signature and the connection index. */
    PeerIdentity check(Hello hello, Optional<PublicKey> proven) throws Rejection {
        if (hello.getProtocolVersion() != Handshake.PROTOCOL_VERSION) {
            throw new Rejection(RejectionReason.WRONG_VERSION, "version " + hello.getProtocolVersion());
        }
        if (!hello.getClusterId().toStringUtf8().equals(self.clusterId())) {
            throw new Rejection(RejectionReason.WRONG_CLUSTER, "another cluster");
        }
        PublicKey key = key(hello);
        if (proven.isPresent() && !proven.get().equals(key)) {
            throw new Rejection(RejectionReason.WRONG_KEY, "TLS has proved another key");
        }
        PeerIdentity peer = hello.hasReplicaId() ? member(hello, key) : client(hello, key);
        if (peer.id().equals(self.id())) {
            throw new Rejection(RejectionReason.SELF, "this is " + self.id() + " already");
        }
        return peer;
    }

    private static PublicKey key(Hello hello) throws Rejection {
        int bytes = hello.getPublicKey().size();
        if (bytes == 0 || bytes > PublicKey.MAX_BYTES || hello.getNonce().size() != NONCE_BYTES) {
            throw new Rejection(
                    RejectionReason.MALFORMED,
                    "a key of " + bytes + " bytes, a nonce of "
                            + hello.getNonce().size());
        }
        return new PublicKey(hello.getPublicKey().toByteArray());
    }

    private PeerIdentity member(Hello hello, PublicKey key) throws Rejection {
        if (hello.getReplicaId() < 0) {
            throw new Rejection(RejectionReason.UNKNOWN_NODE, "no such number");
        }
        ReplicaId id = new ReplicaId(hello.getReplicaId());
        NodeInfo info = information
                .node(id)
                .orElseThrow(() -> new Rejection(RejectionReason.UNKNOWN_NODE, id + " is not in the membership"));
        if (hello.getKind() != code(info.kind())) {
            throw new Rejection(RejectionReason.WRONG_KIND, id + " is a " + info.kind());
        }
        if (!info.publicKey().equals(key)) {
            throw new Rejection(RejectionReason.WRONG_KEY, "not the key of " + id);
        }
        return new PeerIdentity(id, info.kind(), key);
    }

    private static PeerIdentity client(Hello hello, PublicKey key) throws Rejection {
        if (hello.getKind() != code(NodeKind.CLIENT)) {
            throw new Rejection(RejectionReason.WRONG_KIND, "kind " + hello.getKind() + " without a number");
        }
        NodeId id = ClientId.of(key);
        return new PeerIdentity(id, NodeKind.CLIENT, key);
    }
}
