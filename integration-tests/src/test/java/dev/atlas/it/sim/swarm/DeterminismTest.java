package dev.atlas.it.sim.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A seed is all that a run depends on. */
@Tag("simulation")
class DeterminismTest {

    private static final long SEED = 12;

    /** Prints the trace hashes of a seed and of a scenario. */
    static final class Print {

        private Print() {}

        public static void main(String[] arguments) {
            System.out.println(traces());
        }
    }

    private static String traces() {
        return Long.toHexString(SwarmRun.run(SEED).trace()) + " "
                + Long.toHexString(ViewsRun.twins(SEED).run(Optional.empty()).trace());
    }

    @Test
    void aSeedTakesTheSameStepsTwiceAndInAnotherJvm() throws Exception {
        Process other = otherJvm();
        String first = traces();
        assertThat(traces()).isEqualTo(first);
        String there = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(other.waitFor()).isZero();
        assertThat(there.lines().toList().getLast()).isEqualTo(first);
    }

    private static Process otherJvm() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Djdk.trackAllThreads=false",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Print.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
