package dev.atlas.core.wire;

import com.google.protobuf.WireFormat;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.statetransfer.Span;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.protos.messages.StatePartDescriptor;
import dev.atlas.protos.messages.StateParts;
import dev.atlas.protos.messages.StatePartsReference;
import dev.atlas.protos.messages.TransferEnvelope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Messages of the state-transfer module. What is decoded is bounded by the frame that it came in, and parts that are most of it share its memory. */
public final class TransferCodec {

    private TransferCodec() {}

    public static ByteBuffer encode(TransferMessage message) {
        TransferEnvelope.Builder envelope = TransferEnvelope.newBuilder();
        switch (message) {
            case TransferMessage.AskState ask -> envelope.setAskState(ask.atLeast());
            case TransferMessage.StateOffer offer -> envelope.setStateOffer(SignedCodec.encode(offer.certificate()));
            case TransferMessage.FetchDescriptor fetch -> envelope.setFetchDescriptor(fetch.sequence());
            case TransferMessage.Described described -> envelope.setStateDescriptor(encode(described.descriptor()));
            case TransferMessage.FetchParts fetch ->
                envelope.setFetchParts(StatePartsReference.newBuilder()
                        .setSequence(fetch.sequence())
                        .setFirst(fetch.first())
                        .setCount(fetch.count()));
            case TransferMessage.Parts parts ->
                envelope.setParts(StateParts.newBuilder()
                        .setSequence(parts.sequence())
                        .setFirst(parts.first())
                        .setCount(parts.count())
                        .setContent(parts.bytes()));
            case TransferMessage.Unavailable unavailable -> envelope.setUnavailable(unavailable.sequence());
        }
        return ByteBuffer.wrap(envelope.build().toByteArray());
    }

    public static Decoded<TransferMessage> decode(ByteBuffer bytes) {
        return Decoded.attempt(() -> {
            Elements.limit(bytes, TransferEnvelope.getDescriptor(), Elements.TRANSFER);
            return convert(parse(bytes));
        });
    }

    private static TransferEnvelope parse(ByteBuffer bytes) throws IOException {
        if (beginsWithParts(bytes)) {
            TransferEnvelope sharing = TransferEnvelope.parseFrom(Fields.sharing(bytes));
            if (sharing.getParts().getContent().size() >= memory(bytes) / 2) {
                return sharing;
            }
        }
        return TransferEnvelope.parseFrom(bytes);
    }

    /** Others are read once: a descriptor is many objects. */
    private static boolean beginsWithParts(ByteBuffer bytes) throws IOException {
        int tag = Fields.sharing(bytes).readTag();
        return WireFormat.getTagFieldNumber(tag) == TransferEnvelope.PARTS_FIELD_NUMBER;
    }

    /** What sharing the buffer keeps alive: messages that came together have their memory together. */
    @SuppressWarnings("ByteBufferBackingArray") // all of it is what is asked for
    private static int memory(ByteBuffer bytes) {
        return bytes.hasArray() ? bytes.array().length : bytes.capacity();
    }

    private static TransferMessage convert(TransferEnvelope envelope) throws MalformedException, IOException {
        return switch (envelope.getMessageCase()) {
            case ASK_STATE -> new TransferMessage.AskState(Fields.number(envelope.getAskState()));
            case STATE_OFFER -> new TransferMessage.StateOffer(SignedCodec.certificate(envelope.getStateOffer()));
            case FETCH_DESCRIPTOR -> new TransferMessage.FetchDescriptor(Fields.number(envelope.getFetchDescriptor()));
            case STATE_DESCRIPTOR -> new TransferMessage.Described(descriptor(envelope.getStateDescriptor()));
            case FETCH_PARTS ->
                new TransferMessage.FetchParts(
                        Fields.number(envelope.getFetchParts().getSequence()),
                        index(envelope.getFetchParts().getFirst()),
                        count(envelope.getFetchParts().getCount()));
            case PARTS ->
                new TransferMessage.Parts(
                        Fields.number(envelope.getParts().getSequence()),
                        index(envelope.getParts().getFirst()),
                        count(envelope.getParts().getCount()),
                        envelope.getParts().getContent());
            case UNAVAILABLE -> new TransferMessage.Unavailable(Fields.number(envelope.getUnavailable()));
            case MESSAGE_NOT_SET -> throw new MalformedException("an unknown or empty message");
        };
    }

    private static int index(int index) throws MalformedException {
        MalformedException.require(index >= 0, "a part's index above 2^31");
        return index;
    }

    private static int count(int count) throws MalformedException {
        MalformedException.require(count >= 1 && count <= Span.MOST_PARTS, "no parts, or too many together");
        return count;
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

    private static List<StatePartDescriptor> encode(List<PartDescriptor> parts) {
        return parts.stream()
                .map(part -> StatePartDescriptor.newBuilder()
                        .setId(part.id())
                        .setDigest(Fields.bytes(part.digest()))
                        .setSize(part.bytes())
                        .build())
                .toList();
    }

    private static StateDescriptor descriptor(dev.atlas.protos.messages.StateDescriptor descriptor)
            throws MalformedException {
        return new StateDescriptor(
                Fields.number(descriptor.getSequence()),
                Fields.digest(descriptor.getChain()),
                descriptor.getTimeMillis(),
                Fields.digest(descriptor.getMembership()),
                parts(descriptor.getApplicationList()),
                parts(descriptor.getSessionsList()));
    }

    private static List<PartDescriptor> parts(List<StatePartDescriptor> parts) throws MalformedException {
        List<PartDescriptor> decoded = new ArrayList<>(parts.size());
        for (StatePartDescriptor part : parts) {
            decoded.add(
                    new PartDescriptor(part.getId(), Fields.digest(part.getDigest()), Fields.number(part.getSize())));
        }
        return decoded;
    }
}
