package dev.atlas.it.sim.cluster;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.sim.oracle.ExecutionOracle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The key/value store of one life of a replica; every ordered execution is shown to the oracle. */
final class WatchedStore implements Application<KeyValueState, NumberedRequest, KeyValueReply> {

    private final KeyValueStore store = new KeyValueStore();
    private final ExecutionOracle.@Nullable Replica oracle;

    /**
     * @param oracle none for a faulty replica, which may execute what it likes
     */
    WatchedStore(ExecutionOracle.@Nullable Replica oracle) {
        this.oracle = oracle;
    }

    @Override
    public KeyValueState initialState() {
        return store.initialState();
    }

    @Override
    public Codec<NumberedRequest> requestCodec() {
        return NumberedRequest.CODEC;
    }

    @Override
    public Codec<KeyValueReply> replyCodec() {
        return KeyValueReply.CODEC;
    }

    @Override
    public KeyValueReply execute(KeyValueState on, NumberedRequest request, ExecutionContext context) {
        KeyValueReply reply = store.speculativelyExecute(new Spread(on), request.request(), context);
        if (oracle != null) {
            oracle.executed(context, request.operation(), request.request(), reply);
        }
        return reply;
    }

    @Override
    public KeyValueReply executeUnordered(KeyValueState on, NumberedRequest request, ExecutionContext context) {
        return request.request() instanceof KeyValueRequest.Get get
                ? store.speculativelyExecute(new Spread(on), get, context)
                : store.executeUnordered(on, request.request(), context);
    }

    /** Small states consist of a part for each column: with a column for some keys each, they have several. */
    private record Spread(KeyValueState state) implements CrudState {

        private static final int COLUMNS = 4;

        private static String column(String column, ByteString key) {
            return column + Math.floorMod(key.hashCode(), COLUMNS);
        }

        @Override
        public Optional<ByteString> read(String column, ByteString key) {
            return state.read(column(column, key), key);
        }

        @Override
        public boolean create(String column, ByteString key, ByteString value) {
            return state.create(column(column, key), key, value);
        }

        @Override
        public Optional<ByteString> update(String column, ByteString key, ByteString value) {
            return state.update(column(column, key), key, value);
        }

        @Override
        public Optional<ByteString> delete(String column, ByteString key) {
            return state.delete(column(column, key), key);
        }
    }
}
