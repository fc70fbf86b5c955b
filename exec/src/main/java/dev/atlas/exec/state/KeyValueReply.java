package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** What a {@link KeyValueStore} answers. */
public sealed interface KeyValueReply {

    /** The value read, or the one that was there before; empty if there was none. */
    record Value(Optional<ByteString> value) implements KeyValueReply {}

    /** Whether a compare-and-set has set. */
    record Swapped(boolean swapped) implements KeyValueReply {}

    record Count(long entries) implements KeyValueReply {}

    Codec<KeyValueReply> CODEC = new Codec<>() {
        @Override
        public byte[] encode(KeyValueReply reply) {
            return switch (reply) {
                case Value value ->
                    value.value().map(present -> Bytes.write(1, present)).orElseGet(() -> Bytes.write(2));
                case Swapped swapped -> Bytes.write(swapped.swapped() ? 3 : 4);
                case Count count ->
                    ByteBuffer.allocate(1 + Long.BYTES)
                            .put((byte) 5)
                            .putLong(count.entries())
                            .array();
            };
        }

        @Override
        public KeyValueReply decode(ByteBuffer bytes) {
            try {
                byte kind = bytes.get();
                return switch (kind) {
                    case 1 -> new Value(Optional.of(Bytes.read(bytes)));
                    case 2 -> new Value(Optional.empty());
                    case 3 -> new Swapped(true);
                    case 4 -> new Swapped(false);
                    case 5 -> new Count(bytes.getLong());
                    default -> throw new IllegalArgumentException("no key/value reply of kind " + kind);
                };
            } catch (BufferUnderflowException truncated) {
                throw new IllegalArgumentException("a truncated key/value reply", truncated);
            }
        }
    };
}
