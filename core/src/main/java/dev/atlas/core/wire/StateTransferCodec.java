package dev.atlas.core.wire;

import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.statetransfer.StateTransferMessage;
import dev.atlas.protos.messages.AskParts;
import dev.atlas.protos.messages.StatePart;
import dev.atlas.protos.messages.StateTransferEnvelope;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Messages of the state transfer module. */
public final class StateTransferCodec {

    /** Names of parts are short: a longer one would only cost memory. */
    private static final int MAX_ID_BYTES = 1024;

    private StateTransferCodec() {}

    public static ByteBuffer encode(StateTransferMessage message) {
        StateTransferEnvelope.Builder envelope = StateTransferEnvelope.newBuilder();
        switch (message) {
            case StateTransferMessage.AskDescriptor ask -> envelope.setAskDescriptor(ask.sequence());
            case StateTransferMessage.Descriptor descriptor -> envelope.setState(encode(descriptor.descriptor()));
            case StateTransferMessage.NoState none -> envelope.setNoState(none.sequence());
            case StateTransferMessage.AskParts ask ->
                envelope.setAskParts(
                        AskParts.newBuilder().setSequence(ask.sequence()).addAllIndexes(ask.indexes()));
            case StateTransferMessage.Part part ->
                envelope.setPart(StatePart.newBuilder()
                        .setSequence(part.sequence())
                        .setIndex(part.index())
                        .setBytes(part.bytes()));
        }
        return ByteBuffer.wrap(envelope.build().toByteArray());
    }

    public static Decoded<StateTransferMessage> decode(ByteBuffer bytes) {
        return Decoded.attempt(() -> convert(StateTransferEnvelope.parseFrom(Fields.input(bytes))));
    }

    private static StateTransferMessage convert(StateTransferEnvelope envelope) throws MalformedException {
        return switch (envelope.getMessageCase()) {
            case ASK_DESCRIPTOR -> new StateTransferMessage.AskDescriptor(Fields.number(envelope.getAskDescriptor()));
            case STATE -> new StateTransferMessage.Descriptor(descriptor(envelope.getState()));
            case NO_STATE -> new StateTransferMessage.NoState(Fields.number(envelope.getNoState()));
            case ASK_PARTS -> {
                AskParts ask = envelope.getAskParts();
                MalformedException.require(
                        ask.getIndexesCount() <= StateTransferMessage.AskParts.MOST_PARTS_ASKED
                                && ask.getIndexesList().stream().allMatch(index -> index >= 0),
                        "asks for too many parts, or for negative ones");
                yield new StateTransferMessage.AskParts(Fields.number(ask.getSequence()), ask.getIndexesList());
            }
            case PART -> {
                StatePart part = envelope.getPart();
                MalformedException.require(part.getIndex() >= 0, "a negative part");
                yield new StateTransferMessage.Part(
                        Fields.number(part.getSequence()), part.getIndex(), part.getBytes());
            }
            case MESSAGE_NOT_SET -> throw new MalformedException("an unknown or empty message");
        };
    }

    private static dev.atlas.protos.messages.StateDescriptor encode(StateDescriptor descriptor) {
        return dev.atlas.protos.messages.StateDescriptor.newBuilder()
                .setSequence(descriptor.sequence())
                .setChain(Fields.bytes(descriptor.chain()))
                .setTimeMillis(descriptor.timeMillis())
                .setMembership(Fields.bytes(descriptor.membership()))
                .addAllApplication(encode(descriptor.application()))
                .addAllSessions(encode(descriptor.sessions()))
                .build();
    }

    private static List<dev.atlas.protos.messages.PartDescriptor> encode(List<PartDescriptor> parts) {
        return parts.stream()
                .map(part -> dev.atlas.protos.messages.PartDescriptor.newBuilder()
                        .setId(part.id())
                        .setDigest(Fields.bytes(part.digest()))
                        .setBytes(part.bytes())
                        .build())
                .toList();
    }

    private static StateDescriptor descriptor(dev.atlas.protos.messages.StateDescriptor descriptor)
            throws MalformedException {
        return new StateDescriptor(
                Fields.number(descriptor.getSequence()),
                Fields.digest(descriptor.getChain()),
                Fields.number(descriptor.getTimeMillis()),
                Fields.digest(descriptor.getMembership()),
                parts(descriptor.getApplicationList()),
                parts(descriptor.getSessionsList()));
    }

    private static List<PartDescriptor> parts(List<dev.atlas.protos.messages.PartDescriptor> parts)
            throws MalformedException {
        List<PartDescriptor> decoded = new ArrayList<>(parts.size());
        for (dev.atlas.protos.messages.PartDescriptor part : parts) {
            MalformedException.require(
                    part.getId().size() <= MAX_ID_BYTES,
                    "a part with a name of " + part.getId().size() + " bytes");
            decoded.add(
                    new PartDescriptor(part.getId(), Fields.digest(part.getDigest()), Fields.number(part.getBytes())));
        }
        return decoded;
    }
}
