package dev.atlas.replica.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.execution.CheckpointSnapshot;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much one step does: votes wait for it. */
class StateKeeperTest {

    private final MemoryDisk disk = new MemoryDisk();
    private final StateKeeper keeper =
            new StateKeeper(disk.open(), true, Optional.empty(), new StoredParts(), Optional.empty());

    private int stepsToStore(CheckpointSnapshot state) throws IOException {
        keeper.demand(state);
        int steps = 0;
        while (keeper.isDemanded()) {
            assertThat(keeper.step()).isPresent();
            steps++;
        }
        return steps;
    }

    @Test
    void partsThatAreStoredAlreadyAreLookedAtSomeAtATime() throws IOException {
        String[] texts = IntStream.range(0, 50_000).mapToObj(Integer::toString).toArray(String[]::new);
        stepsToStore(Fixture.state(4, texts));
        int writes = disk.writes();
        assertThat(stepsToStore(Fixture.state(8, texts))).isBetween(10, 20);
        assertThat(disk.writes()).as("the sessions").isEqualTo(writes + 1);
        assertThat(keeper.sequence()).isEqualTo(8);
    }
}
