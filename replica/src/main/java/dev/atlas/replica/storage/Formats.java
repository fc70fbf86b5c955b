package dev.atlas.replica.storage;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.crypto.Signed;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.wire.BundleCodec;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.net.crypto.Digest;
import dev.atlas.replica.storage.journal.Root;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The contents of records. Numbers are big-endian; byte strings carry their length in four bytes; messages are as on the wire, so that signatures stay good.
 */
final class Formats {

    private Formats() {}

    private static final int REFERENCE_BYTES = Integer.BYTES + Long.BYTES + Digest.BYTES;

    /**
     * A batch.
     *
     * @param elsewhere which of its bodies are in another batch's record, by index
     */
    record Outline(Batch batch, SortedMap<Integer, Place> elsewhere) {}

    /**
     * A batch's record.
     *
     * @param bodies in the batch's order, without those that lie elsewhere
     */
    record Stored(Outline outline, List<RequestBundle> bodies) {}

    /** One decision; its batch is a record of its own. */
    record Decided(long view, Digest batch, Digest chain) {}

    /** What prepared last in a slot. */
    record LastPrepared(long view, Digest batch) {}

    static byte[] number(byte[] key, long value) {
        return Seal.close(key, Seal.room(Long.BYTES).putLong(value));
    }

    static long number(byte[] key, byte[] record) throws StorageException {
        return Seal.open(key, record).getLong();
    }

    static byte[] journal(Root root) {
        ByteBuffer record = Seal.room(2 * Long.BYTES + Integer.BYTES)
                .putLong(root.secret())
                .putLong(root.flushed())
                .putInt(root.checksum());
        return Seal.close(Key.JOURNAL.only(), record);
    }

    static Root journal(byte[] record) throws StorageException {
        ByteBuffer content = Seal.open(Key.JOURNAL.only(), record);
        return new Root(content.getLong(), content.getLong(), content.getInt());
    }

    static byte[] prepared(byte[] key, LogRecord.Prepared prepared) {
        ByteBuffer record = Seal.room(Long.BYTES + Digest.BYTES).putLong(prepared.view());
        prepared.digest().write(record);
        return Seal.close(key, record);
    }

    static LastPrepared prepared(byte[] key, byte[] record) throws StorageException {
        ByteBuffer content = Seal.open(key, record);
        return new LastPrepared(content.getLong(), Digest.read(content));
    }

    static byte[] decided(byte[] key, Decided decided) {
        ByteBuffer record = Seal.room(Long.BYTES + 2 * Digest.BYTES).putLong(decided.view);
        decided.batch.write(record);
        decided.chain.write(record);
        return Seal.close(key, record);
    }

    static Decided decided(byte[] key, byte[] record) throws StorageException {
        ByteBuffer content = Seal.open(key, record);
        return new Decided(content.getLong(), Digest.read(content), Digest.read(content));
    }

    /**
     * @param bodies all of them, of which those that lie elsewhere are left out
     */
    static byte[] stored(Place place, Batch batch, List<RequestBundle> bodies, SortedMap<Integer, Place> elsewhere) {
        List<ByteString> own = new ArrayList<>();
        for (int index = 0; index < bodies.size(); index++) {
            if (!elsewhere.containsKey(index)) {
                own.add(bodies.get(index).envelope());
            }
        }
        long size = 3L * Integer.BYTES + batch.bytes().size() + (long) REFERENCE_BYTES * elsewhere.size();
        for (ByteString body : own) {
            size += Integer.BYTES + body.size();
        }
        ByteBuffer record = Seal.room(Math.toIntExact(size));
        put(record, batch.bytes());
        record.putInt(elsewhere.size());
        elsewhere.forEach((index, other) -> {
            record.putInt(index).putLong(other.sequence());
            other.batch().write(record);
        });
        record.putInt(own.size());
        own.forEach(body -> put(record, body));
        return Seal.close(place.key(), record);
    }

    /** What a batch's record says but for its bodies. */
    static Outline outline(Place place, byte[] record) throws StorageException {
        return outline(place, Seal.open(place.key(), record));
    }

    private static Outline outline(Place place, ByteBuffer content) throws StorageException {
        try {
            Batch batch = Batches.decode(take(content)).orElseThrow(() -> Seal.damaged(place.key(), "holds no batch"));
            if (!batch.digest().equals(place.batch())) {
                throw Seal.damaged(place.key(), "holds another batch");
            }
            SortedMap<Integer, Place> elsewhere = new TreeMap<>();
            for (int count = content.getInt(); count > 0; count--) {
                elsewhere.put(content.getInt(), new Place(content.getLong(), Digest.read(content)));
            }
            return new Outline(batch, elsewhere);
        } catch (BufferUnderflowException tooShort) {
            throw Seal.damaged(place.key(), "is too short");
        }
    }

    static Stored stored(Place place, byte[] record, BundleCodec codec) throws StorageException {
        ByteBuffer content = Seal.open(place.key(), record);
        Outline outline = outline(place, content);
        try {
            List<RequestBundle> bodies = new ArrayList<>();
            for (int count = content.getInt(); count > 0; count--) {
                if (!(codec.open(take(content)) instanceof Decoded.Value<RequestBundle>(RequestBundle body))) {
                    throw Seal.damaged(place.key(), "holds a body that is none");
                }
                bodies.add(body);
            }
            return new Stored(outline, bodies);
        } catch (BufferUnderflowException tooShort) {
            throw Seal.damaged(place.key(), "is too short");
        }
    }

    static byte[] messages(byte[] key, List<OrderingMessage> messages) {
        List<ByteBuffer> encoded = messages.stream().map(OrderingCodec::encode).toList();
        ByteBuffer record = Seal.room(encoded.stream()
                .mapToInt(each -> Integer.BYTES + each.remaining())
                .sum());
        encoded.forEach(each -> record.putInt(each.remaining()).put(each));
        return Seal.close(key, record);
    }

    static List<OrderingMessage> messages(byte[] key, byte[] record) throws StorageException {
        ByteBuffer content = Seal.open(key, record);
        List<OrderingMessage> messages = new ArrayList<>();
        while (content.hasRemaining()) {
            ByteBuffer one = take(content).asReadOnlyByteBuffer();
            if (!(OrderingCodec.decode(one) instanceof Decoded.Value<OrderingMessage>(OrderingMessage message))) {
                throw Seal.damaged(key, "holds a message that is none");
            }
            messages.add(message);
        }
        return messages;
    }

    static LogRecord.ViewEntered viewEntered(byte[] key, byte[] record) throws StorageException {
        List<OrderingMessage> messages = messages(key, record);
        List<Signed<ViewChange>> viewChanges = new ArrayList<>();
        for (OrderingMessage message : messages) {
            if (message instanceof OrderingMessage.SignedViewChange viewChange) {
                viewChanges.add(viewChange.signed());
            }
        }
        if (!messages.isEmpty() && messages.getFirst() instanceof OrderingMessage.SignedNewView newView) {
            return new LogRecord.ViewEntered(newView.signed(), viewChanges);
        }
        throw Seal.damaged(key, "holds no NEW-VIEW");
    }

    static byte[] state(byte[] key, StateDescriptor state) {
        int size = 2 * Long.BYTES + 2 * Digest.BYTES + 2 * Integer.BYTES;
        for (PartDescriptor part : state.parts()) {
            size += Integer.BYTES + part.id().size() + Digest.BYTES + Long.BYTES;
        }
        ByteBuffer record = Seal.room(size).putLong(state.sequence()).putLong(state.timeMillis());
        state.chain().write(record);
        state.membership().write(record);
        parts(record, state.application());
        parts(record, state.sessions());
        return Seal.close(key, record);
    }

    static StateDescriptor state(byte[] key, byte[] record) throws StorageException {
        ByteBuffer content = Seal.open(key, record);
        long sequence = content.getLong();
        long timeMillis = content.getLong();
        return new StateDescriptor(
                sequence, Digest.read(content), timeMillis, Digest.read(content), parts(content), parts(content));
    }

    private static void parts(ByteBuffer record, List<PartDescriptor> parts) {
        record.putInt(parts.size());
        for (PartDescriptor part : parts) {
            put(record, part.id());
            part.digest().write(record);
            record.putLong(part.bytes());
        }
    }

    private static List<PartDescriptor> parts(ByteBuffer content) {
        int count = content.getInt();
        List<PartDescriptor> parts = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            parts.add(new PartDescriptor(take(content), Digest.read(content), content.getLong()));
        }
        return parts;
    }

    private static void put(ByteBuffer record, ByteString bytes) {
        record.putInt(bytes.size());
        bytes.copyTo(record);
    }

    private static ByteString take(ByteBuffer content) {
        int size = content.getInt();
        ByteBuffer part = content.slice(content.position(), size);
        content.position(content.position() + size);
        return UnsafeByteOperations.unsafeWrap(part);
    }
}
