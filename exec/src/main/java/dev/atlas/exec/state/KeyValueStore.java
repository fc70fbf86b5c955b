package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.ExecutionContext;
import java.util.Optional;

/** A replicated map from byte strings to byte strings. */
public final class KeyValueStore implements Application<KeyValueState, KeyValueRequest, KeyValueReply> {

    @Override
    public KeyValueState initialState() {
        return new KeyValueState();
    }

    @Override
    public Codec<KeyValueRequest> requestCodec() {
        return KeyValueRequest.CODEC;
    }

    @Override
    public Codec<KeyValueReply> replyCodec() {
        return KeyValueReply.CODEC;
    }

    @Override
    public KeyValueReply execute(KeyValueState state, KeyValueRequest request, ExecutionContext context) {
        return switch (request) {
            case KeyValueRequest.Put put -> new KeyValueReply.Value(state.put(put.key(), put.value()));
            case KeyValueRequest.Delete delete -> new KeyValueReply.Value(state.remove(delete.key()));
            case KeyValueRequest.CompareAndSet set -> compareAndSet(state, set);
            case KeyValueRequest.Get get -> new KeyValueReply.Value(state.get(get.key()));
            case KeyValueRequest.Size ignored -> new KeyValueReply.Count(state.size());
        };
    }

    @Override
    public KeyValueReply executeUnordered(KeyValueState state, KeyValueRequest request, ExecutionContext context) {
        return switch (request) {
            case KeyValueRequest.Get get -> new KeyValueReply.Value(state.get(get.key()));
            case KeyValueRequest.Size ignored -> new KeyValueReply.Count(state.size());
            case KeyValueRequest.Put ignored -> throw changesState();
            case KeyValueRequest.Delete ignored -> throw changesState();
            case KeyValueRequest.CompareAndSet ignored -> throw changesState();
        };
    }

    private static KeyValueReply compareAndSet(KeyValueState state, KeyValueRequest.CompareAndSet set) {
        Optional<ByteString> present = state.get(set.key());
        boolean matches = present.equals(set.expected());
        if (matches) {
            state.put(set.key(), set.value());
        }
        return new KeyValueReply.Swapped(matches);
    }

    private static UnsupportedOperationException changesState() {
        return new UnsupportedOperationException("a request that changes the store must be ordered");
    }
}
