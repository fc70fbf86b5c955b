package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.SharedSettings;
import dev.atlas.net.crypto.Digest;
import dev.atlas.protos.messages.Bodies;
import dev.atlas.protos.messages.Digests;
import dev.atlas.protos.messages.OrderingEnvelope;
import dev.atlas.protos.messages.Vote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Messages of the protocol module. */
public final class OrderingCodec {

    /** Most slots that a STATUS may list. */
    private static final int MAX_OPEN_SLOTS = 4096;

    private OrderingCodec() {}

    public static ByteBuffer encode(OrderingMessage message) {
        OrderingEnvelope.Builder envelope = OrderingEnvelope.newBuilder();
        switch (message) {
            case OrderingMessage.PrePrepare prePrepare ->
                envelope.setPrePrepare(dev.atlas.protos.messages.PrePrepare.newBuilder()
                        .setEpoch(prePrepare.epoch())
                        .setView(prePrepare.view())
                        .setSequence(prePrepare.sequence())
                        .setBatch(prePrepare.batch().bytes()));
            case OrderingMessage.Prepare prepare ->
                envelope.setPrepare(vote(prepare.epoch(), prepare.view(), prepare.sequence(), prepare.digest()));
            case OrderingMessage.Commit commit ->
                envelope.setCommit(vote(commit.epoch(), commit.view(), commit.sequence(), commit.digest()));
            case OrderingMessage.SignedCheckpoint checkpoint ->
                envelope.setCheckpoint(SignedCodec.envelope(checkpoint.signed()));
            case OrderingMessage.StableCheckpoint stable ->
                envelope.setStableCheckpoint(SignedCodec.encode(stable.certificate()));
            case OrderingMessage.SignedViewChange viewChange ->
                envelope.setViewChange(SignedCodec.envelope(viewChange.signed()));
            case OrderingMessage.SignedNewView newView -> envelope.setNewView(SignedCodec.envelope(newView.signed()));
            case OrderingMessage.Status status -> envelope.setStatus(encode(status));
            case OrderingMessage.DecidedClaims claims ->
                envelope.setDecidedClaims(dev.atlas.protos.messages.DecidedClaims.newBuilder()
                        .setEpoch(claims.epoch())
                        .setFirst(claims.first())
                        .setDigests(Batches.concatenate(claims.digests())));
            case OrderingMessage.FetchBatches fetch -> envelope.setFetchBatches(digests(fetch.digests()));
            case OrderingMessage.FetchedBatch fetched ->
                envelope.setFetchedBatch(fetched.batch().bytes());
            case OrderingMessage.FetchBodies fetch -> envelope.setFetchBodies(digests(fetch.digests()));
            case OrderingMessage.Bodies bodies ->
                envelope.setBodies(Bodies.newBuilder().addAllEnvelopes(bodies.envelopes()));
            case OrderingMessage.AskDecidedBundles ask -> envelope.setAskDecidedBundles(digests(ask.digests()));
            case OrderingMessage.DecidedBundles decided -> envelope.setDecidedBundles(digests(decided.digests()));
            case OrderingMessage.Settings said ->
                envelope.setSettings(dev.atlas.protos.messages.SharedSettings.newBuilder()
                        .addAllValues(said.settings().inOrder()));
            case OrderingMessage.FetchViewChanges fetch ->
                envelope.setFetchViewChanges(dev.atlas.protos.messages.FetchViewChanges.newBuilder()
                        .setView(fetch.view())
                        .addAllReferences(Fields.encodeReferences(fetch.references())));
        }
        return ByteBuffer.wrap(envelope.build().toByteArray());
    }

    public static Decoded<OrderingMessage> decode(ByteBuffer bytes) {
        return Decoded.attempt(() -> {
            Elements.limit(bytes, OrderingEnvelope.getDescriptor(), Elements.PROTOCOL);
            return convert(OrderingEnvelope.parseFrom(Fields.input(bytes)));
        });
    }

    private static OrderingMessage convert(OrderingEnvelope envelope) throws MalformedException, IOException {
        return switch (envelope.getMessageCase()) {
            case PRE_PREPARE -> {
                var message = envelope.getPrePrepare();
                yield new OrderingMessage.PrePrepare(
                        Fields.number(message.getEpoch()),
                        Fields.number(message.getView()),
                        Fields.number(message.getSequence()),
                        batch(message.getBatch()));
            }
            case PREPARE -> {
                Vote vote = envelope.getPrepare();
                yield new OrderingMessage.Prepare(
                        Fields.number(vote.getEpoch()),
                        Fields.number(vote.getView()),
                        Fields.number(vote.getSequence()),
                        Fields.digest(vote.getDigest()));
            }
            case COMMIT -> {
                Vote vote = envelope.getCommit();
                yield new OrderingMessage.Commit(
                        Fields.number(vote.getEpoch()),
                        Fields.number(vote.getView()),
                        Fields.number(vote.getSequence()),
                        Fields.digest(vote.getDigest()));
            }
            case CHECKPOINT -> new OrderingMessage.SignedCheckpoint(SignedCodec.checkpoint(envelope.getCheckpoint()));
            case STABLE_CHECKPOINT ->
                new OrderingMessage.StableCheckpoint(SignedCodec.certificate(envelope.getStableCheckpoint()));
            case VIEW_CHANGE -> new OrderingMessage.SignedViewChange(SignedCodec.viewChange(envelope.getViewChange()));
            case NEW_VIEW -> new OrderingMessage.SignedNewView(SignedCodec.newView(envelope.getNewView()));
            case STATUS -> status(envelope.getStatus());
            case DECIDED_CLAIMS ->
                new OrderingMessage.DecidedClaims(
                        Fields.number(envelope.getDecidedClaims().getEpoch()),
                        Fields.number(envelope.getDecidedClaims().getFirst()),
                        Fields.digests(envelope.getDecidedClaims().getDigests()));
            case FETCH_BATCHES ->
                new OrderingMessage.FetchBatches(
                        Fields.digests(envelope.getFetchBatches().getDigests()));
            case FETCHED_BATCH -> new OrderingMessage.FetchedBatch(batch(envelope.getFetchedBatch()));
            case FETCH_BODIES ->
                new OrderingMessage.FetchBodies(
                        Fields.digests(envelope.getFetchBodies().getDigests()));
            case BODIES -> new OrderingMessage.Bodies(envelope.getBodies().getEnvelopesList());
            case ASK_DECIDED_BUNDLES ->
                new OrderingMessage.AskDecidedBundles(
                        Fields.digests(envelope.getAskDecidedBundles().getDigests()));
            case DECIDED_BUNDLES ->
                new OrderingMessage.DecidedBundles(
                        Fields.digests(envelope.getDecidedBundles().getDigests()));
            case SETTINGS -> settings(envelope.getSettings().getValuesList());
            case FETCH_VIEW_CHANGES ->
                new OrderingMessage.FetchViewChanges(
                        Fields.number(envelope.getFetchViewChanges().getView()),
                        Fields.references(envelope.getFetchViewChanges().getReferencesList()));
            case MESSAGE_NOT_SET -> throw new MalformedException("an unknown or empty message");
        };
    }

    private static OrderingMessage settings(List<Long> values) throws MalformedException {
        MalformedException.require(
                values.size() == SharedSettings.Setting.values().length, "other settings than there are");
        return new OrderingMessage.Settings(SharedSettings.of(values));
    }

    private static Batch batch(ByteString bytes) throws MalformedException, IOException {
        Elements.limit(bytes, dev.atlas.protos.messages.Batch.getDescriptor(), Elements.FLAT);
        return Batches.decode(bytes).orElseThrow(() -> new MalformedException("not a batch"));
    }

    private static Vote vote(long epoch, long view, long sequence, Digest digest) {
        return Vote.newBuilder()
                .setEpoch(epoch)
                .setView(view)
                .setSequence(sequence)
                .setDigest(Fields.bytes(digest))
                .build();
    }

    private static Digests digests(List<Digest> digests) {
        return Digests.newBuilder().setDigests(Batches.concatenate(digests)).build();
    }

    private static dev.atlas.protos.messages.Status encode(OrderingMessage.Status status) {
        var builder = dev.atlas.protos.messages.Status.newBuilder()
                .setEpoch(status.epoch())
                .setView(status.view())
                .setActive(status.active())
                .addAllViewChanges(Fields.numbers(status.viewChanges()))
                .setNewView(status.newView())
                .setStable(status.stable())
                .setDecided(status.decided())
                .setChain(Fields.bytes(status.chain()))
                .setLearner(status.learner());
        for (OrderingMessage.OpenSlot slot : status.slots()) {
            builder.addSlots(dev.atlas.protos.messages.OpenSlot.newBuilder()
                    .setSequence(slot.sequence())
                    .setDigest(slot.digest().map(Fields::bytes).orElse(ByteString.EMPTY))
                    .setBatchHeld(slot.batchHeld())
                    .addAllPrepares(Fields.numbers(slot.prepares()))
                    .addAllCommits(Fields.numbers(slot.commits())));
        }
        return builder.build();
    }

    private static OrderingMessage.Status status(dev.atlas.protos.messages.Status status) throws MalformedException {
        MalformedException.require(status.getSlotsCount() <= MAX_OPEN_SLOTS, "a STATUS of too many slots");
        List<OrderingMessage.OpenSlot> slots = new ArrayList<>();
        for (dev.atlas.protos.messages.OpenSlot slot : status.getSlotsList()) {
            slots.add(new OrderingMessage.OpenSlot(
                    Fields.number(slot.getSequence()),
                    slot.getDigest().isEmpty() ? Optional.empty() : Optional.of(Fields.digest(slot.getDigest())),
                    slot.getBatchHeld(),
                    Fields.replicas(slot.getPreparesList()),
                    Fields.replicas(slot.getCommitsList())));
        }
        return new OrderingMessage.Status(
                Fields.number(status.getEpoch()),
                Fields.number(status.getView()),
                status.getActive(),
                Fields.replicas(status.getViewChangesList()),
                status.getNewView(),
                Fields.number(status.getStable()),
                Fields.number(status.getDecided()),
                Fields.digest(status.getChain()),
                status.getLearner(),
                slots);
    }
}
