package dev.atlas.it.sim.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFileTest {

    @TempDir
    private Path directory;

    @Test
    void aRunGoesOnWhereItEnded() throws Exception {
        RunFile file = new RunFile(directory.resolve("run"), "SWARM from 1");
        assertThat(file.read()).isEmpty();
        Totals totals = new Totals();
        totals.done = 7;
        totals.twice = 1;
        totals.steps = 5_000_000_000L;
        totals.virtualMillis = 12;
        totals.nanos = 34;
        totals.coverage.add("n = 4", 3);
        file.write(new RunFile.Place(totals, List.of(), 8));
        totals.done = 9;
        file.write(new RunFile.Place(totals, List.of(10L, 12L), 13));
        RunFile.Place place = file.read().orElseThrow();
        assertThat(place.begun()).containsExactly(10L, 12L);
        assertThat(place.next()).isEqualTo(13);
        assertThat(place.totals()).usingRecursiveComparison().isEqualTo(totals);
    }

    @Test
    void theFileOfAnotherRunIsRefused() throws Exception {
        Path path = directory.resolve("run");
        new RunFile(path, "SWARM from 1").write(new RunFile.Place(new Totals(), List.of(), 1));
        RunFile other = new RunFile(path, "SWARM from 2");
        assertThatThrownBy(other::read)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SWARM from 1")
                .hasMessageContaining("SWARM from 2");
    }
}
