package dev.atlas.exec.monolithic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.application.MonolithicState;
import dev.atlas.core.application.SnapshotState;
import dev.atlas.exec.executor.FrozenState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonolithicFormTest {

    private static final int COLLECTIONS = 20;
    private static final ByteString CONTENT = ByteString.copyFromUtf8("what is in it");

    /** Tells of its snapshots, without keeping them. */
    private static final class Watched implements MonolithicState, SnapshotState<Watched> {
        private final List<WeakReference<Watched>> snapshots = new ArrayList<>();

        @Override
        public Watched snapshot() {
            Watched snapshot = new Watched();
            snapshots.add(new WeakReference<>(snapshot));
            return snapshot;
        }

        @Override
        public void writeTo(OutputStream target) throws IOException {
            CONTENT.writeTo(target);
        }

        @Override
        public void readFrom(InputStream source) {
            throw new UnsupportedOperationException();
        }
    }

    /** A checkpoint lives long: state and bytes would be twice as much. */
    @Test
    void aSnapshotIsLetGoWhenItIsSerialised() {
        Watched state = new Watched();
        FrozenState frozen = new MonolithicForm<Watched>().freeze(state);
        List<PartDescriptor> parts = frozen.parts();
        assertThat(state.snapshots).hasSize(1);
        WeakReference<Watched> snapshot = state.snapshots.getFirst();
        for (int collection = 0; collection < COLLECTIONS && snapshot.get() != null; collection++) {
            System.gc();
        }
        assertThat(snapshot.get()).isNull();
        assertThat(frozen.parts()).isEqualTo(parts).hasSize(1);
        assertThat(frozen.part(parts.getFirst()).bytes()).isEqualTo(CONTENT);
    }
}
