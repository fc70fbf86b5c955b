package dev.atlas.core.ordering.pbft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Random schedules of whole clusters of pure replicas: agreement always, progress once faults end. */
class PbftSeedsTest {

    private static final int BOUND = 200_000;

    private static PbftConfig config() {
        return PbftConfig.defaults().withCheckpointPeriod(4).withPipelineDepth(3);
    }

    @Test
    void faultFreeClustersOfEverySizeDecideEverythingInOneOrder() {
        for (int n : new int[] {1, 2, 3, 4, 5, 6, 7, 10}) {
            for (long seed = 0; seed < 10; seed++) {
                PbftCluster cluster = cluster(n, seed, 20);
                assertThat(cluster.settles(BOUND)).as("n %s seed %s", n, seed).isTrue();
            }
        }
    }

    @Test
    void aCrashedPrimaryIsReplaced() {
        for (long seed = 0; seed < 200; seed++) {
            PbftCluster cluster = cluster(4, seed, 10);
            cluster.run((int) (seed * 2));
            cluster.replicas.getFirst().crashed = true;
            for (int request = 0; request < 10; request++) {
                cluster.request();
            }
            assertThat(cluster.settles(BOUND)).as("seed %s", seed).isTrue();
        }
    }

    @Test
    void anyFReplicasMayCrashAtAnyTime() {
        for (long seed = 0; seed < 100; seed++) {
            PbftCluster cluster = cluster(7, seed, 10);
            cluster.run(cluster.random.nextInt(300));
            cluster.replicas.get(cluster.random.nextInt(7)).crashed = true;
            cluster.run(cluster.random.nextInt(1000));
            cluster.replicas.get(cluster.random.nextInt(7)).crashed = true;
            cluster.request();
            assertThat(cluster.settles(BOUND)).as("seed %s", seed).isTrue();
        }
    }

    @Test
    void lossAndDuplicationOnlyDelay() {
        for (long seed = 0; seed < 200; seed++) {
            PbftCluster cluster = cluster(4, seed, 10);
            cluster.network =
                    (from, to, message) -> cluster.random.nextInt(10) < 3 ? Optional.empty() : Optional.of(message);
            cluster.duplicatesInTen = 3;
            cluster.run(3000);
            cluster.network = (from, to, message) -> Optional.of(message);
            assertThat(cluster.settles(BOUND)).as("seed %s", seed).isTrue();
        }
    }

    @Test
    void partitionsHeal() {
        for (long seed = 0; seed < 200; seed++) {
            PbftCluster cluster = cluster(4, seed, 5);
            for (int round = 0; round < 4; round++) {
                int left = cluster.random.nextInt(16);
                cluster.network = (from, to, message) -> (left >> from.number() & 1) == (left >> to.number() & 1)
                        ? Optional.of(message)
                        : Optional.empty();
                cluster.run(cluster.random.nextInt(800));
                cluster.request();
            }
            cluster.network = (from, to, message) -> Optional.of(message);
            assertThat(cluster.settles(BOUND)).as("seed %s", seed).isTrue();
        }
    }

    @Test
    void anEquivocatingPrimaryNeverSplitsTheOthers() {
        for (long seed = 0; seed < 200; seed++) {
            PbftCluster cluster = cluster(4, seed, 6);
            ReplicaId liar = new ReplicaId(0);
            cluster.network = (from, to, message) ->
                    from.equals(liar) && message instanceof OrderingMessage.PrePrepare proposal && to.number() > 1
                            ? Optional.of(new OrderingMessage.PrePrepare(
                                    proposal.epoch(),
                                    proposal.view(),
                                    proposal.sequence(),
                                    Batches.of(900_000 + to.number() % 2, List.of())))
                            : Optional.of(message);
            cluster.run(2000);
            cluster.replicas.getFirst().crashed = true;
            cluster.network = (from, to, message) -> Optional.of(message);
            assertThat(cluster.settles(BOUND)).as("seed %s", seed).isTrue();
        }
    }

    private static PbftCluster cluster(int n, long seed, int requests) {
        PbftCluster cluster =
                new PbftCluster(n, config().withViewTimeout(Duration.ofMillis(500), Duration.ofSeconds(10)), seed);
        for (int request = 0; request < requests; request++) {
            cluster.request();
        }
        return cluster;
    }
}
