package dev.atlas.it.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.replica.config.DurabilityMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replicas with LevelDB directories, in one process. */
class DurableClusterTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> start(DurabilityMode mode) {
        return LocalCluster.start(
                LocalCluster.Options.of(4)
                        .over(LocalCluster.Security.IN_MEMORY)
                        .durability(mode, directory)
                        .ordering(DurableClusterTest::shortPeriods),
                new KeyValueStore());
    }

    private static PbftConfig shortPeriods(PbftConfig defaults) {
        return new PbftConfig(
                16,
                defaults.pipelineDepth(),
                defaults.maxBundlesPerBatch(),
                defaults.maxDrift(),
                defaults.viewTimeout(),
                defaults.viewTimeoutCap(),
                defaults.bodyWait(),
                defaults.statusInterval(),
                defaults.statusIdleInterval(),
                defaults.futureMessages(),
                8);
    }

    private static void put(SmrClient<KeyValueRequest, KeyValueReply> client, int first, int last) {
        for (int number = first; number <= last; number++) {
            client.execute(new KeyValueRequest.Put(bytes("k" + number), bytes("v" + number)));
        }
    }

    private static void check(SmrClient<KeyValueRequest, KeyValueReply> client, int first, int last) {
        for (int number = first; number <= last; number++) {
            assertThat(client.execute(new KeyValueRequest.Get(bytes("k" + number))))
                    .as("k%d", number)
                    .isEqualTo(new KeyValueReply.Value(Optional.of(bytes("v" + number))));
        }
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    @ParameterizedTest
    @EnumSource(
            value = DurabilityMode.class,
            names = {"STRICT", "OPTIMISTIC"})
    void allReplicasClosedAndStartedAgainHaveEverythingAndVote(DurabilityMode mode) throws Exception {
        try (var cluster = start(mode);
                var client = cluster.client()) {
            put(client, 1, 75);
            for (int round = 0; round < 2; round++) {
                for (int number = 0; number < 4; number++) {
                    cluster.kill(number);
                }
                for (int number = 0; number < 4; number++) {
                    cluster.restart(number);
                }
                check(client, 1, 75);
            }
            put(client, 76, 150);
            cluster.awaitEqualStates(PATIENCE);
            assertThat(cluster.statuses())
                    .extracting(status -> status.orchestrator().ordering())
                    .noneMatch(OrderingStatus::learner)
                    .allMatch(ordering -> ordering.stable() > 75);
            check(client, 1, 150);
        }
    }

    @Test
    void aRestartedPrimaryGoesOnAndThenAnotherMayFail() throws Exception {
        try (var cluster = start(DurabilityMode.STRICT);
                var client = cluster.client()) {
            put(client, 1, 40);
            for (int victim = 0; victim < 3; victim++) {
                cluster.kill(victim);
                put(client, 41 + 20 * victim, 60 + 20 * victim);
                cluster.restart(victim);
                cluster.awaitEqualStates(PATIENCE);
            }
            check(client, 1, 100);
        }
    }

    @Test
    void aReplicaWhoseDirectoryWasWipedIsALearner() throws Exception {
        try (var cluster = start(DurabilityMode.STRICT);
                var client = cluster.client()) {
            put(client, 1, 5);
            cluster.kill(2);
            wipe(cluster.directory(2));
            cluster.restart(2);
            put(client, 6, 10);
            cluster.awaitEqualStates(PATIENCE);
            assertThat(cluster.replica(2)
                            .orElseThrow()
                            .status()
                            .orchestrator()
                            .ordering()
                            .learner())
                    .isTrue();
        }
    }

    @Test
    void aDirectoryInUseIsRefused() throws Exception {
        try (var cluster = start(DurabilityMode.STRICT)) {
            assertThatThrownBy(() -> cluster.restart(1)).hasMessageContaining("in use");
            cluster.kill(1);
            cluster.restart(1);
        }
    }

    @Test
    void aDirectoryOfAnotherReplicaOrClusterIsRefusedAndLeftAsItIs() throws Exception {
        try (var cluster = start(DurabilityMode.STRICT);
                var client = cluster.client()) {
            put(client, 1, 3);
            cluster.kill(1);
            cluster.kill(2);
            Path aside = directory.resolve("aside");
            Files.move(cluster.directory(1), aside);
            Files.move(cluster.directory(2), cluster.directory(1));
            assertThatThrownBy(() -> cluster.restart(1))
                    .hasMessageContaining("cannot use its storage in " + cluster.directory(1) + ":")
                    .hasMessageContaining("give each replica its own");
            Files.move(cluster.directory(1), cluster.directory(2));
            Files.move(aside, cluster.directory(1));
            cluster.restart(1);
            cluster.restart(2);
            check(client, 1, 3);
        }
    }

    private static void wipe(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : all) {
                Files.delete(file);
            }
        }
    }
}
