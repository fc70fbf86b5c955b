package dev.atlas.it.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atlas.it.sim.cluster.SimCaller;
import dev.atlas.it.sim.cluster.SimCluster;
import dev.atlas.it.sim.cluster.SimOptions;
import dev.atlas.it.sim.scheduler.Randomness;
import dev.atlas.it.sim.scheduler.SimProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the library's client makes of a network and of replicas that fail it. */
@Tag("simulation")
class ClientInSimulationTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> CLIENT = List.of("client-0");
    private static final List<String> REPLICAS =
            IntStream.range(0, 4).mapToObj(SimCluster::host).toList();

    @Test
    void connectionsThatAreResetAndANetworkThatIsGoneForAWhileOnlyDelayCalls() {
        try (SimCluster cluster = SimCluster.start(SimOptions.of(4), 3)) {
            SimCaller client = cluster.client();
            List<SimProcess.Outcome<Integer>> calls = callers(client, 3, 40);
            for (int round = 0; round < 3; round++) {
                cluster.run(Duration.ofMillis(300));
                for (int resets = 0; resets < 6; resets++) {
                    cluster.network().resetOne();
                }
            }
            cutOff(cluster);
            cluster.run(Duration.ofSeconds(5));
            assertThat(client.unanswered()).as("nobody hears it").isEqualTo(3);
            cluster.network().healAll();
            awaitAnswered(cluster, client, calls, 40);
        }
    }

    @Test
    void aPrimaryThatDiesWhileBundlesAreOnTheirWayLosesNoneOfThem() {
        try (SimCluster cluster = SimCluster.start(SimOptions.of(4), 4)) {
            SimCaller client = cluster.client();
            List<SimProcess.Outcome<Integer>> calls = callers(client, 8, 40);
            cluster.run(Duration.ofMillis(700));
            assertThat(client.unanswered()).isPositive();
            cluster.crash(0);
            awaitAnswered(cluster, client, calls, 40);
            assertThat(cluster.call(client.process(), client::view)).isPositive();
        }
    }

    @Test
    void aClientThatIsClosedWithCallsOutstandingFailsThemAllAndEndsItsThreads() {
        try (SimCluster cluster = SimCluster.start(SimOptions.of(4), 5)) {
            SimCaller client = cluster.client();
            SimProcess.Outcome<Boolean> before = client.put("k", "before");
            assertThat(cluster.run(PATIENCE, before::isDone)).isTrue();
            cutOff(cluster);
            List<SimProcess.Outcome<Boolean>> outstanding = new ArrayList<>();
            for (int call = 0; call < 5; call++) {
                outstanding.add(client.put("k", "v" + call));
            }
            cluster.run(Duration.ofSeconds(2));
            assertThat(client.unanswered()).isEqualTo(5);
            cluster.call(client.process(), () -> {
                client.close();
                return true;
            });
            cluster.run(Duration.ofMillis(10));
            assertThat(outstanding).allMatch(SimProcess.Outcome::isDone).allMatch(call -> !call.value());
            assertThat(client.unknown()).isEqualTo(5);
            cluster.network().healAll();
            cluster.clients().judge(cluster.executions());
        } // which fails if a thread of the client is still alive
    }

    @Test
    void aClientThatStartsAgainWithItsKeyAndItsClockSetBackIsServed() {
        try (SimCluster cluster = SimCluster.start(SimOptions.of(4), 6)) {
            SimCaller first = cluster.client();
            SimProcess.Outcome<Boolean> before = first.put("k", "before");
            assertThat(cluster.run(PATIENCE, before::isDone)).isTrue();
            cluster.call(first.process(), () -> {
                first.close();
                return true;
            });
            for (Duration back :
                    List.of(Duration.ofDays(-1), Duration.ofMillis(-1), Duration.ZERO, Duration.ofHours(1))) {
                SimCaller again = cluster.clientAgain(first, back);
                SimProcess.Outcome<Boolean> call = again.put("k", "with a clock " + back);
                assertThat(cluster.run(PATIENCE, call::isDone)).as("%s", back).isTrue();
                assertThat(call.value()).as("%s", back).isTrue();
                cluster.call(again.process(), () -> {
                    again.close();
                    return true;
                });
            }
            cluster.clients().judge(cluster.executions());
        }
    }

    private static List<SimProcess.Outcome<Integer>> callers(SimCaller client, int callers, int calls) {
        List<SimProcess.Outcome<Integer>> outcomes = new ArrayList<>();
        for (int caller = 0; caller < callers; caller++) {
            outcomes.add(client.callRandomly(new Randomness(caller), calls, 3, 0.3, Duration.ofMillis(50)));
        }
        return outcomes;
    }

    private static void cutOff(SimCluster cluster) {
        cluster.network().cut(CLIENT, REPLICAS);
        cluster.network().cut(REPLICAS, CLIENT);
    }

    private static void awaitAnswered(
            SimCluster cluster, SimCaller client, List<SimProcess.Outcome<Integer>> callers, int calls) {
        assertThat(cluster.run(PATIENCE, () -> callers.stream().allMatch(SimProcess.Outcome::isDone)))
                .isTrue();
        assertThat(callers).allMatch(caller -> caller.value() == calls);
        assertThat(client.unknown()).isZero();
        cluster.run(Duration.ofSeconds(1));
        cluster.clients().judge(cluster.executions());
        cluster.run(Duration.ofMillis(1));
    }
}
