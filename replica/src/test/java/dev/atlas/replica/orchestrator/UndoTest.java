package dev.atlas.replica.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UndoTest {

    private final Undo undo = new Undo();
    private final List<Integer> closed = new ArrayList<>();

    @Test
    void whatWasMadeLastIsClosedFirst() {
        for (int number = 1; number <= 3; number++) {
            int mine = number;
            undo.add(() -> closed.add(mine));
        }
        undo.close(new IllegalStateException("the start"));
        assertThat(closed).containsExactly(3, 2, 1);
    }

    @Test
    void whatCannotBeClosedIsToldWithTheCauseAndKeepsNothingElseOpen() {
        IllegalStateException cause = new IllegalStateException("the start");
        IOException checked = new IOException("the disk");
        AssertionError error = new AssertionError("a bug");
        undo.add(() -> closed.add(1));
        undo.add(() -> {
            throw checked;
        });
        undo.add(() -> {
            throw error;
        });
        undo.add(() -> {
            throw cause;
        });
        undo.close(cause);
        assertThat(closed).containsExactly(1);
        assertThat(cause.getSuppressed()).containsExactly(error, checked);
    }

    @Test
    void withoutACauseWhatFailsFirstIsThrownWhenAllIsClosed() {
        IllegalStateException first = new IllegalStateException("the network");
        AssertionError second = new AssertionError("a bug");
        undo.add(() -> closed.add(1));
        undo.add(() -> {
            throw second;
        });
        undo.add(() -> {
            throw first;
        });
        assertThatThrownBy(undo::close).isSameAs(first).hasSuppressedException(second);
        assertThat(closed).containsExactly(1);
    }

    @Test
    void whatCanBeClosedThrowsNothing() {
        undo.add(() -> closed.add(1));
        undo.close();
        assertThat(closed).containsExactly(1);
    }
}
