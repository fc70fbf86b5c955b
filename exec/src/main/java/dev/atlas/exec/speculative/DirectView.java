package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import java.util.Optional;

/**
 * What one operation sees of the state when nothing is speculative: the state itself, but no more of it and no longer than a {@link View} would show. What fails
 * in the one must fail in the other, since each replica chooses between them by its own pace. Not thread-safe.
 */
final class DirectView implements CrudState {

    private final CrudState state;
    private boolean ended;

    DirectView(CrudState state) {
        this.state = state;
    }

    void end() {
        ended = true;
    }

    @Override
    public Optional<ByteString> read(String column, ByteString key) {
        return state().read(column, key);
    }

    @Override
    public boolean create(String column, ByteString key, ByteString value) {
        return state().create(column, key, value);
    }

    @Override
    public Optional<ByteString> update(String column, ByteString key, ByteString value) {
        return state().update(column, key, value);
    }

    @Override
    public Optional<ByteString> delete(String column, ByteString key) {
        return state().delete(column, key);
    }

    private CrudState state() {
        if (ended) {
            throw new IllegalStateException(View.ENDED);
        }
        return state;
    }
}
