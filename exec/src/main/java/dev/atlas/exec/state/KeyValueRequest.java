package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** What a {@link KeyValueStore} can be asked. */
public sealed interface KeyValueRequest {

    record Put(ByteString key, ByteString value) implements KeyValueRequest {}

    /** May also be asked unordered. */
    record Get(ByteString key) implements KeyValueRequest {}

    record Delete(ByteString key) implements KeyValueRequest {}

    /**
     * Sets a value if the present one is the expected one.
     *
     * @param expected empty: the key must be absent
     */
    record CompareAndSet(ByteString key, Optional<ByteString> expected, ByteString value) implements KeyValueRequest {}

    /**
     * Number of entries; unordered only, since it depends on all of them. While others write, replicas may count in different states; the client then has the
     * request ordered, which is refused ({@code ApplicationFailed}): ask again.
     */
    record Size() implements KeyValueRequest {}

    /** One byte of kind, then each byte string with its length; a {@link CompareAndSet} that expects none has a kind of its own. */
    Codec<KeyValueRequest> CODEC = new Codec<>() {
        @Override
        public byte[] encode(KeyValueRequest request) {
            return switch (request) {
                case Put put -> Bytes.write(1, put.key(), put.value());
                case Get get -> Bytes.write(2, get.key());
                case Delete delete -> Bytes.write(3, delete.key());
                case CompareAndSet set ->
                    set.expected()
                            .map(expected -> Bytes.write(4, set.key(), set.value(), expected))
                            .orElseGet(() -> Bytes.write(5, set.key(), set.value()));
                case Size ignored -> Bytes.write(6);
            };
        }

        @Override
        public KeyValueRequest decode(ByteBuffer bytes) {
            try {
                byte kind = bytes.get();
                return switch (kind) {
                    case 1 -> new Put(Bytes.read(bytes), Bytes.read(bytes));
                    case 2 -> new Get(Bytes.read(bytes));
                    case 3 -> new Delete(Bytes.read(bytes));
                    case 4 -> {
                        ByteString key = Bytes.read(bytes);
                        ByteString value = Bytes.read(bytes);
                        yield new CompareAndSet(key, Optional.of(Bytes.read(bytes)), value);
                    }
                    case 5 -> new CompareAndSet(Bytes.read(bytes), Optional.empty(), Bytes.read(bytes));
                    case 6 -> new Size();
                    default -> throw new IllegalArgumentException("no key/value request of kind " + kind);
                };
            } catch (BufferUnderflowException truncated) {
                throw new IllegalArgumentException("a truncated key/value request", truncated);
            }
        }
    };
}
