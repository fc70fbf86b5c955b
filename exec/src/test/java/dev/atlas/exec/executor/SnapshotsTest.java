package dev.atlas.exec.executor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.application.SnapshotState;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SnapshotsTest {

    /** What an application is written for. */
    private interface Count extends SnapshotState<Count> {
        int value();
    }

    private record Frozen(int value) implements Count {
        @Override
        public Count snapshot() {
            return this;
        }
    }

    private static final class Live implements Count {
        private int value;

        @Override
        public int value() {
            return value;
        }

        @Override
        public Count snapshot() {
            return new Frozen(value);
        }
    }

    @Test
    void aSnapshotMayBeOfAnotherClassThanItsOriginal() {
        Live live = new Live();
        live.value = 7;
        Optional<Count> snapshot = Snapshots.of(live);
        live.value = 8;
        assertThat(snapshot).contains(new Frozen(7));
    }

    @Test
    void aStateOfAnotherKindGivesNone() {
        assertThat(Snapshots.of("a state")).isEmpty();
    }
}
