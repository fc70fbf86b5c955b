package dev.atlas.it.bench;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.Codec;
import dev.atlas.core.application.CrudState;
import dev.atlas.core.application.ExecutionContext;
import dev.atlas.core.application.ScalableApplication;
import dev.atlas.exec.state.KeyValueState;
import java.nio.ByteBuffer;

/** A store that is full from the beginning; a request of 8 bytes names an entry, which it updates, or reads if it is unordered. */
final class FilledStore implements ScalableApplication<KeyValueState, ByteString, ByteString> {

    static final String COLUMN = "entries";

    private final int entries;
    private final int valueBytes;

    FilledStore(int entries, int valueBytes) {
        this.entries = entries;
        this.valueBytes = valueBytes;
    }

    static ByteString key(long number) {
        return ByteString.copyFrom(
                ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    }

    ByteString value(long seed) {
        return ByteString.copyFrom(ByteBuffer.allocate(valueBytes).putLong(0, seed));
    }

    @Override
    public KeyValueState initialState() {
        KeyValueState state = new KeyValueState();
        for (int entry = 0; entry < entries; entry++) {
            state.update(COLUMN, key(entry), value(entry));
        }
        return state;
    }

    @Override
    public Codec<ByteString> requestCodec() {
        return Codec.BYTES;
    }

    @Override
    public Codec<ByteString> replyCodec() {
        return Codec.BYTES;
    }

    @Override
    public ByteString speculativelyExecute(CrudState view, ByteString request, ExecutionContext context) {
        view.update(COLUMN, request, value(context.number()));
        return ByteString.EMPTY;
    }

    @Override
    public ByteString executeUnordered(KeyValueState state, ByteString request, ExecutionContext context) {
        return state.read(COLUMN, request).orElse(ByteString.EMPTY);
    }
}
