package dev.atlas.it.determinism;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.CrudState;
import dev.atlas.it.sim.scheduler.Randomness;
import java.util.Optional;

/** A view at whose every use another thread may go on. */
record YieldingView(CrudState view, Randomness random) implements CrudState {

    @SuppressWarnings("ThreadPriorityCheck") // the scheduler is ours
    private void pause() {
        if (random.below(2) == 0) {
            Thread.yield();
        }
    }

    @Override
    public Optional<ByteString> read(String column, ByteString key) {
        pause();
        return view.read(column, key);
    }

    @Override
    public boolean create(String column, ByteString key, ByteString value) {
        pause();
        return view.create(column, key, value);
    }

    @Override
    public Optional<ByteString> update(String column, ByteString key, ByteString value) {
        pause();
        return view.update(column, key, value);
    }

    @Override
    public Optional<ByteString> delete(String column, ByteString key) {
        pause();
        return view.delete(column, key);
    }
}
