package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.replica.config.StartMode;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A state to be fetched is there only for a while: execution goes on and leaves it behind. */
@Tag("simulation")
class TransferUnderLoadTest {

    private static final int DEAD = 5;
    private static final int RETURNED = 6;

    @Test
    void aReplicaCatchesUpWhileCheckpointsPassFasterThanADeadSourceIsWaitedFor() {
        try (SimCluster cluster = SimCluster.start(SimOptions.of(7).ordering(forgetful()), 1)) {
            SimCaller client = cluster.client();
            client.callRandomly(new Randomness(1), 20_000, 3, 0, Duration.ZERO);
            assertThat(cluster.run(Duration.ofSeconds(5), () -> stable(cluster) > 0))
                    .isTrue();
            cluster.crash(DEAD);
            cluster.crash(RETURNED);
            cluster.run(Duration.ofMillis(200));
            cluster.start(RETURNED, StartMode.LEARNER);
            long before = stable(cluster);
            assertThat(cluster.run(
                            Duration.ofSeconds(10),
                            () -> cluster.status(RETURNED).executor().executed() > before))
                    .isTrue();
            assertThat(stable(cluster)).as("the others went on").isGreaterThan(before);
        }
    }

    /** Checkpoints every second decision, and no log of what is below them. */
    private static PbftConfig forgetful() {
        PbftConfig usual = PbftConfig.defaults().withCheckpointPeriod(2);
        return new PbftConfig(
                usual.checkpointPeriod(),
                usual.pipelineDepth(),
                usual.maxBundlesPerBatch(),
                usual.maxDrift(),
                usual.viewTimeout(),
                usual.viewTimeoutCap(),
                usual.bodyWait(),
                usual.statusInterval(),
                usual.statusIdleInterval(),
                usual.futureMessages(),
                0);
    }

    private static long stable(SimCluster cluster) {
        return cluster.status(0).orchestrator().ordering().stable();
    }
}
