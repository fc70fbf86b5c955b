package dev.atlas.it.sim.history;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** One key of the key/value store: written anew, so that the store is not its own judge. */
public final class KeyValueModel implements SequentialModel<Optional<ByteString>, KeyValueRequest, KeyValueReply> {

    @Override
    public String partition(KeyValueRequest request) {
        ByteString key = switch (request) {
            case KeyValueRequest.Put put -> put.key();
            case KeyValueRequest.Get get -> get.key();
            case KeyValueRequest.Delete delete -> delete.key();
            case KeyValueRequest.CompareAndSet set -> set.key();
            case KeyValueRequest.Size ignored -> throw new IllegalArgumentException("the size is not that of one key");
        };
        return key.toString(StandardCharsets.ISO_8859_1); // one character per byte: different keys stay different
    }

    @Override
    public Optional<ByteString> initial() {
        return Optional.empty();
    }

    @Override
    public Step<Optional<ByteString>, KeyValueReply> apply(Optional<ByteString> present, KeyValueRequest request) {
        return switch (request) {
            case KeyValueRequest.Put put -> new Step<>(Optional.of(put.value()), new KeyValueReply.Value(present));
            case KeyValueRequest.Get ignored -> new Step<>(present, new KeyValueReply.Value(present));
            case KeyValueRequest.Delete ignored -> new Step<>(Optional.empty(), new KeyValueReply.Value(present));
            case KeyValueRequest.CompareAndSet set ->
                present.equals(set.expected())
                        ? new Step<>(Optional.of(set.value()), new KeyValueReply.Swapped(true))
                        : new Step<>(present, new KeyValueReply.Swapped(false));
            case KeyValueRequest.Size ignored -> throw new IllegalArgumentException("the size is not that of one key");
        };
    }

    @Override
    public String describe(Optional<ByteString> present) {
        return present.map(KeyValueModel::text).orElse("absent");
    }

    @Override
    public String describeInput(KeyValueRequest request) {
        return switch (request) {
            case KeyValueRequest.Put put -> "put " + text(put.value());
            case KeyValueRequest.Get ignored -> "get";
            case KeyValueRequest.Delete ignored -> "delete";
            case KeyValueRequest.CompareAndSet set -> "set " + text(set.value()) + " if " + describe(set.expected());
            case KeyValueRequest.Size ignored -> "size";
        };
    }

    @Override
    public String describeOutput(KeyValueReply reply) {
        return switch (reply) {
            case KeyValueReply.Value value -> describe(value.value());
            case KeyValueReply.Swapped swapped -> swapped.swapped() ? "set" : "not set";
            case KeyValueReply.Count count -> count.entries() + " entries";
        };
    }

    private static String text(ByteString bytes) {
        return '"' + TextFormat.escapeBytes(bytes) + '"';
    }
}
