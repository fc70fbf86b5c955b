package dev.atlas.it.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A simulated run whose clients are told something impossible ends with an explanation for people. */
@Tag("simulation")
class ExplanationsTest {

    private static final int SEEDS = 100;

    @TempDir
    private static Path workspace;

    /** Replicas, their log and its re-execution agree: only who knows nothing of the store can object. */
    @Test
    void ofAStoreThatIsWrongEverywhere() throws Exception {
        assertThat(explanation(new PlantedBug(
                        "a deleted value stays",
                        "exec/src/main/java/dev/atlas/exec/state/KeyValueStore.java",
                        "new KeyValueReply.Value(view.delete(COLUMN, delete.key()))",
                        "new KeyValueReply.Value(view.read(COLUMN, delete.key()))")))
                .hasValueSatisfying(text -> assertThat(text)
                        .containsPattern("not linearizable in k[0-9]+: no order explains\n {2}#[0-9]+ of client")
                        .contains("and all answers before it. Until then the state may have been\n  ")
                        .contains("for instance after\n  ", "while these were going on\n  ")
                        .contains(": delete = "));
    }

    private static Optional<String> explanation(PlantedBug bug) throws Exception {
        try (BrokenVariant variant = BrokenVariant.of(bug, workspace)) {
            for (long seed = 1; seed <= SEEDS; seed++) {
                Optional<String> failure = variant.failure(seed).filter(text -> text.contains("not linearizable in"));
                if (failure.isPresent()) {
                    return failure;
                }
            }
            return Optional.empty();
        }
    }
}
