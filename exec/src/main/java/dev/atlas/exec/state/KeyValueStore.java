package dev.atlas.exec.state;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.ScalableApplication;
import java.util.Optional;

/** A replicated map from byte strings to byte strings, for any executor. */
public final class KeyValueStore implements ScalableApplication<KeyValueState, KeyValueRequest, KeyValueReply> {

    private static final String COLUMN = "entries";

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
    public KeyValueReply speculativelyExecute(CrudState view, KeyValueRequest request, ExecutionContext context) {
        return switch (request) {
            case KeyValueRequest.Put put -> new KeyValueReply.Value(view.update(COLUMN, put.key(), put.value()));
            case KeyValueRequest.Delete delete -> new KeyValueReply.Value(view.delete(COLUMN, delete.key()));
            case KeyValueRequest.CompareAndSet set -> compareAndSet(view, set);
            case KeyValueRequest.Get get -> new KeyValueReply.Value(view.read(COLUMN, get.key()));
            case KeyValueRequest.Size ignored ->
                throw new UnsupportedOperationException("the size depends on every entry: ask for it unordered");
        };
    }

    @Override
    public KeyValueReply executeUnordered(KeyValueState state, KeyValueRequest request, ExecutionContext context) {
        return switch (request) {
            case KeyValueRequest.Get get -> new KeyValueReply.Value(state.read(COLUMN, get.key()));
            case KeyValueRequest.Size ignored -> new KeyValueReply.Count(state.size(COLUMN));
            case KeyValueRequest.Put ignored -> throw changesState();
            case KeyValueRequest.Delete ignored -> throw changesState();
            case KeyValueRequest.CompareAndSet ignored -> throw changesState();
        };
    }

    private static KeyValueReply compareAndSet(CrudState view, KeyValueRequest.CompareAndSet set) {
        Optional<ByteString> present = view.read(COLUMN, set.key());
        boolean matches = present.equals(set.expected());
        if (matches) {
            view.update(COLUMN, set.key(), set.value());
        }
        return new KeyValueReply.Swapped(matches);
    }

    private static UnsupportedOperationException changesState() {
        return new UnsupportedOperationException("a request that changes the store must be ordered");
    }
}
