package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Bounds what parsing a message builds, before it builds anything: two bytes on the wire can become an object of a hundred, so a bound on the bytes alone
 * bounds no memory. Walks the fields without allocating.
 *
 * <p>Also refuses what means nothing: a field that nobody knows, or one that is there again. Signed content is kept and passed on as the exact bytes that were
 * signed, so a few numbers that take megabytes would make what holds them too large to be sent.
 */
final class Elements {

    /** Most for a message between replicas: the largest VIEW-CHANGE that is allowed fits. */
    static final int PROTOCOL = 3 << 19;

    /** Most for a message of a state transfer: a frame full of descriptors of parts fits. */
    static final int TRANSFER = 1 << 21;

    /** Most for a message between a client and a replica. */
    static final int APPLICATION = 1 << 18;

    /** Most for a bundle: as many requests and acknowledgements as it may hold. */
    static final int BUNDLE = 1 << 14;

    /** Most where nothing repeats. */
    static final int FLAT = 64;

    /** So small a message cannot grow to what matters; nearly all are. */
    private static final int SMALL = 4 * 1024;

    private static final int COST_OF_MESSAGE = 8;

    private final int most;
    private long count;

    private Elements(int most) {
        this.most = most;
    }

    /** Refuses a received message that has more, or what means nothing, unless it is small: of the message itself nothing is kept. */
    static void limit(ByteBuffer bytes, Descriptor type, int most) throws IOException, MalformedException {
        if (bytes.remaining() > SMALL) {
            new Elements(most).walk(Fields.input(bytes), type);
        }
    }

    /** Refuses a part that has more, or what means nothing; there may be many parts, and they may be kept as they are, so even a small one counts. */
    static void limit(ByteString bytes, Descriptor type, int most) throws IOException, MalformedException {
        new Elements(most).walk(bytes.newCodedInput(), type);
    }

    private void walk(CodedInputStream input, Descriptor type) throws IOException, MalformedException {
        long seen = 0;
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            FieldDescriptor field = known(type, tag);
            if (!field.isRepeated()) {
                long bit = 1L << field.getIndex();
                MalformedException.require((seen & bit) == 0, "a field that is there twice");
                seen |= bit;
            }
            count(1);
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> walkInto(input, field);
                case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
                    throw new MalformedException("a group");
                default -> input.skipField(tag);
            }
        }
    }

    /** The field that the parser takes this for; one of the right number and a wrong type is as unknown to it as any other. */
    private static FieldDescriptor known(Descriptor type, int tag) throws MalformedException {
        FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
        int wireType = WireFormat.getTagWireType(tag);
        if (field != null) {
            boolean packed = field.isPackable() && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED;
            if (packed || wireType == field.getLiteType().getWireType()) {
                return field;
            }
        }
        throw new MalformedException("an unknown field");
    }

    private void walkInto(CodedInputStream input, FieldDescriptor field) throws IOException, MalformedException {
        int length = input.readRawVarint32();
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            count(COST_OF_MESSAGE - 1);
            int outer = input.pushLimit(length);
            walk(input, field.getMessageType());
            input.popLimit(outer);
        } else {
            count(field.isPackable() ? length : 0);
            input.skipRawBytes(length);
        }
    }

    private void count(int elements) throws MalformedException {
        count += elements;
        MalformedException.require(count <= most, "a message of too many fields");
    }
}
