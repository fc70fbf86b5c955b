package dev.atlas.core.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what parsing a message builds, before it builds anything: two bytes on the wire can become an object of a hundred, so a bound on the bytes alone
 * bounds no memory. Walks the fields without allocating.
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
    /** The parser keeps them, in objects of their own. */
    private static final int COST_OF_UNKNOWN = 64;

    private final int most;
    private long count;

    private Elements(int most) {
        this.most = most;
    }

    /** Refuses a received message that has more, unless it is small. */
    static void limit(ByteBuffer bytes, Descriptor type, int most) throws IOException, MalformedException {
        if (bytes.remaining() > SMALL) {
            new Elements(most).walk(Fields.input(bytes), type);
        }
    }

    /** Refuses a part that has more; there may be many parts, so even a small one counts. */
    static void limit(ByteString bytes, Descriptor type, int most) throws IOException, MalformedException {
        new Elements(most).walk(bytes.newCodedInput(), type);
    }

    private void walk(CodedInputStream input, Descriptor type) throws IOException, MalformedException {
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            FieldDescriptor field = known(type, tag);
            count(field == null ? COST_OF_UNKNOWN : 1);
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> walkInto(input, field);
                case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
                    throw new MalformedException("a group");
                default -> input.skipField(tag);
            }
        }
    }

    /** The field that the parser takes this for; one of the right number and a wrong type is as unknown to it as any other. */
    private static @Nullable FieldDescriptor known(Descriptor type, int tag) {
        FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
        if (field == null) {
            return null;
        }
        int wireType = WireFormat.getTagWireType(tag);
        boolean packed = field.isPackable() && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED;
        return packed || wireType == field.getLiteType().getWireType() ? field : null;
    }

    private void walkInto(CodedInputStream input, @Nullable FieldDescriptor field)
            throws IOException, MalformedException {
        int length = input.readRawVarint32();
        if (field != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            count(COST_OF_MESSAGE - 1);
            int outer = input.pushLimit(length);
            walk(input, field.getMessageType());
            input.popLimit(outer);
        } else {
            count(field != null && field.isPackable() ? length : 0);
            input.skipRawBytes(length);
        }
    }

    private void count(int elements) throws MalformedException {
        count += elements;
        MalformedException.require(count <= most, "a message of too many fields");
    }
}
