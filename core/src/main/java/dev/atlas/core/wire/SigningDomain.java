package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.ViewChange;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.crypto.Hasher;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Keeps a signature for one purpose and cluster from being a signature for another. */
enum SigningDomain {
    REQUEST_BUNDLE("atlas/request-bundle/1"),
    CHECKPOINT("atlas/checkpoint/1"),
    VIEW_CHANGE("atlas/view-change/1"),
    NEW_VIEW("atlas/new-view/1");

    private final ByteString label;

    SigningDomain(String label) {
        this.label = ByteString.copyFrom(label, StandardCharsets.US_ASCII);
    }

    static SigningDomain of(Signable content) {
        return switch (content) {
            case Checkpoint ignored -> CHECKPOINT;
            case ViewChange ignored -> VIEW_CHANGE;
            case NewView ignored -> NEW_VIEW;
            default -> throw new IllegalArgumentException("no signed message: " + content.getClass());
        };
    }

    /**
     * What is signed: label and cluster id with their lengths, and the payload's digest, so that no two triples give the same bytes.
     *
     * <p>Not the payload: Ed25519 would hash it with SHA-512, twice to sign (RFC 8032, section 5.1.6), at a sixth of the speed at which the JDK computes SHA-256.
     */
    byte[] message(ByteString clusterId, ByteString payload) {
        Digest digest = Hasher.hash(payload.asReadOnlyByteBuffer());
        ByteBuffer message = ByteBuffer.allocate(2 + label.size() + clusterId.size() + Digest.BYTES);
        message.put((byte) label.size());
        label.copyTo(message);
        message.put((byte) clusterId.size());
        clusterId.copyTo(message);
        digest.write(message);
        return message.array();
    }
}
