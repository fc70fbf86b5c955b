package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.SimProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the README shows of scenarios in virtual time. */
@Tag("simulation")
class ScenarioTest {

    @Test
    void aMinorityWaitsAndTheRestGoesOnWithoutItsPrimary() {
        // readme: begin
        try (SimCluster cluster = SimCluster.start(SimOptions.of(4), 42)) {
            SimCaller client = cluster.client();
            cluster.partition(List.of(0, 1), List.of(2, 3));
            SimProcess.Outcome<Boolean> put = client.put("key", "value");
            cluster.run(Duration.ofSeconds(5));
            assertThat(put.isDone()).isFalse(); // two of four are no quorum
            cluster.heal();
            assertThat(cluster.run(Duration.ofSeconds(30), put::isDone)).isTrue();
            cluster.crash(0); // the primary
            SimProcess.Outcome<Boolean> again = client.put("key", "other");
            assertThat(cluster.run(Duration.ofSeconds(30), again::isDone)).isTrue();
            cluster.clients().judge(cluster.executions());
        }
        // readme: end
    }

    @Test
    void theReadmeShowsThisCode() throws IOException {
        Matcher marked = Pattern.compile("// readme: begin\\n(.*?)\\s*// readme: end", Pattern.DOTALL)
                .matcher(Files.readString(
                        Path.of("src", "test", "java", "dev", "atlas", "it", "sim", "ScenarioTest.java")));
        assertThat(marked.find()).isTrue();
        String readme = Files.readString(Path.of("..", "README.md"));
        assertThat(readme.replaceAll("\\s+", "")).contains(marked.group(1).replaceAll("\\s+", ""));
    }
}
