package dev.atlas.it.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atlas.core.client.SmrException;
import dev.atlas.exec.divisible.MultiThreadedDivisibleExecutor;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.it.determinism.DeterminismCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The README's application that runs in parallel; the README is compared with it. */
@Timeout(60)
class AccountsTest {

    // readme: begin
    ExecutorFactory executor = MultiThreadedDivisibleExecutor.of(new Accounts(), SpeculationSettings.adaptive(4));
    // readme: end

    // readme: begin
    @Test
    void accountsAreTheSameInAnyOrderOfThreads() {
        DeterminismCheck.speculative(
                new Accounts(), List.of("a b 10", "b c 105", "c a 1", "d a 500", "a a 3", "c b 7"), 100);
    }
    // readme: end

    @Test
    void accountsRunOnACluster() throws Exception {
        try (var cluster = LocalCluster.start(LocalCluster.Options.of(4), new Accounts(), executor);
                var client = cluster.client()) {
            assertThat(client.execute("a b 30")).isEqualTo("done");
            assertThatThrownBy(() -> client.execute("a b 80"))
                    .isInstanceOf(SmrException.class)
                    .hasMessageContaining("a cannot give 80");
            assertThat(client.executeUnordered("b")).isEqualTo("130");
        }
    }

    @Test
    void theReadmeShowsThisCode() throws IOException {
        String readme = normal(Files.readString(Path.of("..", "README.md")));
        for (String source : List.of("Accounts", "AccountsTest")) {
            Matcher marked = Pattern.compile("// readme: begin\\n(.*?)\\s*// readme: end", Pattern.DOTALL)
                    .matcher(Files.readString(
                            Path.of("src", "test", "java", "dev", "atlas", "it", "quickstart", source + ".java")));
            int shown = 0;
            while (marked.find()) {
                shown++;
                assertThat(readme).contains(normal(marked.group(1)));
            }
            assertThat(shown).as(source).isPositive();
        }
    }

    private static String normal(String text) {
        return text.replaceAll("\\s+", "");
    }
}
