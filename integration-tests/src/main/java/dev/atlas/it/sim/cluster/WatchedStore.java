package dev.atlas.it.sim.cluster;

import dev.atlas.core.application.Application;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.sim.oracle.ExecutionOracle;
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
        KeyValueReply reply = store.execute(on, request.request(), context);
        if (oracle != null) {
            oracle.executed(context, request.operation(), request.request(), reply);
        }
        return reply;
    }

    @Override
    public KeyValueReply executeUnordered(KeyValueState on, NumberedRequest request, ExecutionContext context) {
        return store.executeUnordered(on, request.request(), context);
    }
}
