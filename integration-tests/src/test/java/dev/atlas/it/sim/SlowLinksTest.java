package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.client.ClientConfig;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.SimProcess;
import dev.atlas.replica.config.DurabilityMode;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Connections that take long for what a replica has missed: what it asks for again meanwhile must not be in the way of that. */
@Tag("simulation")
class SlowLinksTest {

    private static final int MISSED = 360;
    private static final String VALUE = "8 KiB of it. ".repeat(630);
    private static final long BYTES_PER_SECOND = 50_000;

    /** A decision for each request. */
    private static SimOptions options() {
        ClientConfig usual = ClientConfig.defaults();
        return SimOptions.of(4)
                .durability(DurabilityMode.STRICT)
                .requests(PreProcessingConfig.defaults().withBundlesPerBatch(1))
                .client(new ClientConfig(
                        usual.window(),
                        1,
                        usual.bytesPerBundle(),
                        usual.largestRequest(),
                        usual.retransmit(),
                        usual.deadline(),
                        usual.unorderedDeadline(),
                        usual.linearizableReads()));
    }

    @Test
    void aReplicaFetchesWhatItHasMissedInSomeTimesTheTimeThatItTakesToSendIt() {
        try (SimCluster cluster = SimCluster.start(options(), 7)) {
            SimCaller client = cluster.client();
            SimProcess.Outcome<Boolean> before = client.put("key", "value");
            assertThat(cluster.run(Duration.ofSeconds(5), before::isDone)).isTrue();
            cluster.crash(1);
            List<SimProcess.Outcome<Boolean>> missed = IntStream.range(0, MISSED)
                    .mapToObj(number -> client.put("key" + number, VALUE))
                    .toList();
            assertThat(cluster.run(Duration.ofSeconds(30), () -> missed.stream().allMatch(SimProcess.Outcome::isDone)))
                    .isTrue();
            long executed = cluster.status(2).executor().executed();
            cluster.network().quality(Duration.ofMillis(6), Duration.ofMillis(1), BYTES_PER_SECOND);
            cluster.restart(1);
            long secondsToSend = (long) MISSED * VALUE.length() / (3 * BYTES_PER_SECOND);
            long seconds = 0;
            do {
                cluster.run(Duration.ofSeconds(1));
                seconds++;
            } while (cluster.status(1).executor().executed() < executed && seconds < 50 * secondsToSend);
            assertThat(seconds).isLessThan(6 * secondsToSend);
        }
    }
}
