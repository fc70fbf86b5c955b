package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.ViewChange;
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

    /** What is signed: label, cluster id and payload, the first two with their lengths, so that no two triples give the same bytes. */
    byte[] message(ByteString clusterId, ByteString payload) {
        ByteBuffer message = ByteBuffer.allocate(2 + label.size() + clusterId.size() + payload.size());
        message.put((byte) label.size());
        label.copyTo(message);
        message.put((byte) clusterId.size());
        clusterId.copyTo(message);
        payload.copyTo(message);
        return message.array();
    }
}
