package dev.atlas.exec.speculative;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import java.util.Objects;
import java.util.Optional;

/**
 * What one operation sees of the state when nothing is speculative: the state itself, but no more of it and no longer than a {@link View} would show. What fails
 * in the one must fail in the other, since each replica chooses between them by its own pace: so a value that is null does not come to the state, which might do
 * anything with it, but is refused after a look at the entry. Not thread-safe.
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
        if (value == null && read(column, key).isPresent()) {
            return false;
        }
        return state().create(column, key, Objects.requireNonNull(value));
    }

    @Override
    public Optional<ByteString> update(String column, ByteString key, ByteString value) {
        if (value == null) {
            read(column, key);
        }
        return state().update(column, key, Objects.requireNonNull(value));
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
