package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.exec.divisible.MultiThreadedDivisibleExecutor;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.exec.executor.ExecutorFactory;
import dev.atlas.exec.monolithic.MultiThreadedMonolithicExecutor;
import dev.atlas.exec.monolithic.SingleThreadedMonolithicExecutor;
import dev.atlas.exec.speculative.SpeculationSettings;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One store, four executors, chosen by one line. */
@Timeout(120)
class ExecutorsInAClusterTest {

    private static final KeyValueStore STORE = new KeyValueStore();

    static Stream<ExecutorFactory> executors() {
        return Stream.of(
                SingleThreadedMonolithicExecutor.of(STORE),
                MultiThreadedMonolithicExecutor.of(STORE, SpeculationSettings.always(3)),
                SingleThreadedDivisibleExecutor.of(STORE),
                MultiThreadedDivisibleExecutor.of(STORE, SpeculationSettings.always(3)));
    }

    @ParameterizedTest
    @MethodSource("executors")
    void replicasAgreeThroughCheckpointsAndAViewChange(ExecutorFactory executor) throws Exception {
        var options = LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(8));
        try (var cluster = LocalCluster.start(options, STORE, executor);
                var client = cluster.client()) {
            for (int round = 0; round < 20; round++) {
                if (round == 10) {
                    cluster.kill(0);
                }
                List<CompletableFuture<KeyValueReply>> puts = new ArrayList<>();
                for (int number = 0; number < 30; number++) {
                    puts.add(client.submit(new KeyValueRequest.Put(text("k" + number % 7), text("v" + number))));
                }
                puts.forEach(CompletableFuture::join);
            }
            assertThat(client.execute(new KeyValueRequest.Get(text("k1"))))
                    .isEqualTo(new KeyValueReply.Value(Optional.of(text("v29"))));
            cluster.awaitEqualStates(Duration.ofSeconds(30));
        }
    }

    private static ByteString text(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
