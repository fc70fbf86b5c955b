package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import dev.atlas.core.crypto.Signable;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.ViewChange;
import dev.atlas.protos.messages.SignedContent;
import dev.atlas.protos.messages.SlotEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The content of signed messages. */
final class SignedCodec {

    /** More P or Q entries than any window has; bounds the work that a VIEW-CHANGE can cause. */
    private static final int MAX_ENTRIES = 65_536;

    private SignedCodec() {}

    static ByteString encode(Signable content) {
        return switch (content) {
            case Checkpoint checkpoint ->
                dev.atlas.protos.messages.Checkpoint.newBuilder()
                        .setEpoch(checkpoint.epoch())
                        .setSequence(checkpoint.sequence())
                        .setChain(Fields.bytes(checkpoint.chain()))
                        .setState(Fields.bytes(checkpoint.state()))
                        .setPendingBoundary(checkpoint.pendingBoundary())
                        .build()
                        .toByteString();
            case ViewChange viewChange -> encode(viewChange);
            case NewView newView ->
                dev.atlas.protos.messages.NewView.newBuilder()
                        .setEpoch(newView.epoch())
                        .setView(newView.view())
                        .addAllViewChanges(Fields.encodeReferences(newView.viewChanges()))
                        .setStable(newView.stable())
                        .setChoices(Batches.concatenate(newView.choices()))
                        .build()
                        .toByteString();
            default -> throw new IllegalArgumentException("no signed message: " + content.getClass());
        };
    }

    static SignedContent envelope(Signed<?> signed) {
        return SignedContent.newBuilder()
                .setSigner(signed.signer().number())
                .setPayload(signed.payload())
                .setSignature(signed.signature())
                .build();
    }

    static dev.atlas.protos.messages.CheckpointCertificate encode(CheckpointCertificate certificate) {
        return dev.atlas.protos.messages.CheckpointCertificate.newBuilder()
                .addAllCheckpoints(certificate.checkpoints().stream()
                        .map(SignedCodec::envelope)
                        .toList())
                .build();
    }

    static Signed<Checkpoint> checkpoint(SignedContent envelope) throws MalformedException, IOException {
        Elements.limit(envelope.getPayload(), dev.atlas.protos.messages.Checkpoint.getDescriptor(), Elements.FLAT);
        dev.atlas.protos.messages.Checkpoint content =
                dev.atlas.protos.messages.Checkpoint.parseFrom(envelope.getPayload());
        return signed(
                envelope,
                new Checkpoint(
                        Fields.number(content.getEpoch()),
                        Fields.number(content.getSequence()),
                        Fields.digest(content.getChain()),
                        Fields.digest(content.getState()),
                        Fields.number(content.getPendingBoundary())));
    }

    static CheckpointCertificate certificate(dev.atlas.protos.messages.CheckpointCertificate certificate)
            throws MalformedException, IOException {
        MalformedException.require(
                certificate.getCheckpointsCount() <= Fields.MAX_MEMBERS, "a certificate of too many signatures");
        List<Signed<Checkpoint>> checkpoints = new ArrayList<>();
        for (SignedContent checkpoint : certificate.getCheckpointsList()) {
            checkpoints.add(checkpoint(checkpoint));
        }
        return new CheckpointCertificate(checkpoints);
    }

    static Signed<ViewChange> viewChange(SignedContent envelope) throws MalformedException, IOException {
        Elements.limit(envelope.getPayload(), dev.atlas.protos.messages.ViewChange.getDescriptor(), Elements.PROTOCOL);
        dev.atlas.protos.messages.ViewChange content =
                dev.atlas.protos.messages.ViewChange.parseFrom(envelope.getPayload());
        MalformedException.require(
                content.getPreparedCount() <= MAX_ENTRIES && content.getPrePreparedCount() <= MAX_ENTRIES,
                "a VIEW-CHANGE of too many entries");
        List<ViewChange.Prepared> prepared = new ArrayList<>();
        for (SlotEntry entry : content.getPreparedList()) {
            prepared.add(new ViewChange.Prepared(
                    Fields.number(entry.getSequence()),
                    Fields.digest(entry.getDigest()),
                    Fields.number(entry.getView())));
        }
        List<ViewChange.PrePrepared> prePrepared = new ArrayList<>();
        for (SlotEntry entry : content.getPrePreparedList()) {
            prePrepared.add(new ViewChange.PrePrepared(
                    Fields.number(entry.getSequence()),
                    Fields.digest(entry.getDigest()),
                    Fields.number(entry.getView())));
        }
        Optional<CheckpointCertificate> certificate =
                content.hasCertificate() ? Optional.of(certificate(content.getCertificate())) : Optional.empty();
        return signed(
                envelope,
                new ViewChange(
                        Fields.number(content.getEpoch()),
                        Fields.number(content.getNewView()),
                        Fields.number(content.getStable()),
                        certificate,
                        prepared,
                        prePrepared));
    }

    static Signed<NewView> newView(SignedContent envelope) throws MalformedException, IOException {
        Elements.limit(envelope.getPayload(), dev.atlas.protos.messages.NewView.getDescriptor(), Elements.PROTOCOL);
        dev.atlas.protos.messages.NewView content = dev.atlas.protos.messages.NewView.parseFrom(envelope.getPayload());
        return signed(
                envelope,
                new NewView(
                        Fields.number(content.getEpoch()),
                        Fields.number(content.getView()),
                        Fields.references(content.getViewChangesList()),
                        Fields.number(content.getStable()),
                        Fields.digests(content.getChoices())));
    }

    private static <M extends Signable> Signed<M> signed(SignedContent envelope, M content) throws MalformedException {
        return Signed.of(Fields.replica(envelope.getSigner()), content, envelope.getPayload(), envelope.getSignature());
    }

    private static ByteString encode(ViewChange viewChange) {
        var builder = dev.atlas.protos.messages.ViewChange.newBuilder()
                .setEpoch(viewChange.epoch())
                .setNewView(viewChange.newView())
                .setStable(viewChange.stable());
        viewChange.certificate().ifPresent(certificate -> builder.setCertificate(encode(certificate)));
        for (ViewChange.Prepared entry : viewChange.prepared()) {
            builder.addPrepared(SlotEntry.newBuilder()
                    .setSequence(entry.sequence())
                    .setDigest(Fields.bytes(entry.digest()))
                    .setView(entry.view()));
        }
        for (ViewChange.PrePrepared entry : viewChange.prePrepared()) {
            builder.addPrePrepared(SlotEntry.newBuilder()
                    .setSequence(entry.sequence())
                    .setDigest(Fields.bytes(entry.digest()))
                    .setView(entry.view()));
        }
        return builder.build().toByteString();
    }
}
