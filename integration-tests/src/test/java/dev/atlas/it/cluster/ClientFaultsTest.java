package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.atlas.core.client.SmrException;
import dev.atlas.core.message.Reply.Outcome;
import dev.atlas.core.message.Request;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.preprocessing.PreProcessingConfig;
import dev.atlas.core.types.SessionId;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.identity.ReplicaId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that lie, flood or sleep, against a whole cluster: whatever they do, others are served and nobody leaves the view. */
@Timeout(120)
class ClientFaultsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final List<Integer> ALL = List.of(0, 1, 2, 3);
    private static final byte[] COUNT = "counter".getBytes(StandardCharsets.UTF_8);
    private static final byte[] COUNT_TOO = "another".getBytes(StandardCharsets.UTF_8);

    @Test
    void oneNumberWithTwoBodiesEachToHalfOfTheReplicasExecutesOnceAndTheOtherIsAConflict() throws Exception {
        try (var cluster = LocalCluster.start(options(), new Counters());
                var liar = new HandmadeClient(cluster);
                var client = cluster.client()) {
            SessionId session = liar.open(ALL, 1);
            liar.send(List.of(0, 1), liar.sign(HandmadeClient.ordered(session, 1, COUNT)));
            liar.send(List.of(2, 3), liar.sign(HandmadeClient.ordered(session, 1, COUNT_TOO)));
            liar.await("execution", reply -> reply.outcome() == Outcome.EXECUTED);
            liar.await("a conflict", reply -> reply.outcome() == Outcome.CONFLICT);
            assertThat(client.execute("counter")).as("executed once before").isEqualTo(2L);
            cluster.awaitEqualStates(PATIENCE);
            assertNobodyLeftTheView(cluster);
        }
    }

    @Test
    void aRequestThatOnlyBackupsReceiveIsOrderedAndOneThatOnlyThePrimaryReceivesIsFetched() throws Exception {
        try (var cluster = LocalCluster.start(options(), new Counters());
                var sparing = new HandmadeClient(cluster)) {
            SessionId session = sparing.open(ALL, 1);
            sparing.send(List.of(2), sparing.sign(HandmadeClient.ordered(session, 1, COUNT)));
            sparing.await("execution", reply -> reply.outcome() == Outcome.EXECUTED && reply.number() == 1);
            sparing.send(List.of(0), sparing.sign(HandmadeClient.ordered(session, 2, COUNT)));
            sparing.await("execution", reply -> reply.outcome() == Outcome.EXECUTED && reply.number() == 2);
            cluster.awaitEqualStates(PATIENCE);
            assertThat(cluster.statuses()).allMatch(status -> status.executor().operations() == 2);
            assertNobodyLeftTheView(cluster);
        }
    }

    /** There is room to forward one or two of them at a time. */
    @Test
    void largeRequestsThatOnlyBackupsReceiveReachThePrimaryBeforeTheyTimeOut() throws Exception {
        ByteString large = ByteString.copyFrom(new byte[1_500_000]);
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var clients = new HandmadeClients(cluster, 16)) {
            for (HandmadeClient client : clients.all) {
                SessionId session = client.open(ALL, 1);
                byte[] put = new KeyValueStore()
                        .requestCodec()
                        .encode(new KeyValueRequest.Put(ByteString.copyFromUtf8(session.toString()), large));
                client.send(List.of(1, 2, 3), client.sign(HandmadeClient.ordered(session, 1, put)));
            }
            for (HandmadeClient client : clients.all) {
                client.await("execution", reply -> reply.outcome() == Outcome.EXECUTED);
            }
            assertNobodyLeftTheView(cluster);
        }
    }

    private record HandmadeClients(List<HandmadeClient> all) implements AutoCloseable {
        HandmadeClients(LocalCluster<?, ?, ?> cluster, int count) throws Exception {
            this(new ArrayList<>());
            for (int number = 0; number < count; number++) {
                all.add(new HandmadeClient(cluster));
            }
        }

        @Override
        public void close() {
            all.forEach(HandmadeClient::close);
        }
    }

    @Test
    void bundlesWithBadSignaturesAreDroppedAndCostNobodyItsView() throws Exception {
        try (var cluster = LocalCluster.start(options(), new Counters());
                var forger = new HandmadeClient(cluster);
                var client = cluster.client()) {
            for (int number = 0; number < 100; number++) {
                byte[] forged =
                        forger.sign(HandmadeClient.opening(number)).envelope().toByteArray();
                forged[forged.length - 1] ^= 1;
                forger.sendBytes(ALL, ByteString.copyFrom(forged));
            }
            assertThat(client.execute("counter")).isEqualTo(1L);
            cluster.await(
                    "rejections",
                    PATIENCE,
                    () -> cluster.statuses().stream()
                            .allMatch(status -> status.requests().badSignatures() == 100));
            assertThat(forger.answers()).isEmpty();
            assertNobodyLeftTheView(cluster);
        }
    }

    @Test
    void aFloodIsAnsweredWithBusyWhileAnotherClientIsServed() throws Exception {
        int quota = 32; // room for all that the other client will ever send: also a replica that is behind must not say
        // Busy to it
        try (var cluster = LocalCluster.start(options().requests(quota(quota)), new Counters());
                var flooder = new HandmadeClient(cluster);
                var client = cluster.client()) {
            client.execute("counter");
            SessionId session = flooder.open(ALL, 1);
            List<RequestBundle> flood = new ArrayList<>();
            for (int number = 1; number <= 1000; number++) {
                flood.add(flooder.sign(HandmadeClient.ordered(session, number, COUNT)));
            }
            flood.forEach(bundle -> flooder.send(ALL, bundle));
            for (int call = 0; call < 20; call++) {
                client.execute("counter");
            }
            cluster.await("Busy", PATIENCE, () -> flooder.busy() > 0);
            assertThat(cluster.statuses())
                    .allMatch(status ->
                            status.requests().overQuota() + status.requests().overloaded() > 0);
            assertThat(client.statistics().busy()).as("for what another does").isZero();
            cluster.awaitEqualStates(PATIENCE);
            assertNobodyLeftTheView(cluster);
        }
    }

    @Test
    void aClientThatReadsNoRepliesKeepsNobodyWaiting() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var sleeper = new HandmadeClient(cluster);
                var client = cluster.client()) {
            ByteString large = ByteString.copyFrom(new byte[512 * 1024]);
            client.execute(new KeyValueRequest.Put(ByteString.copyFromUtf8("large"), large));
            byte[] get = new KeyValueStore()
                    .requestCodec()
                    .encode(new KeyValueRequest.Get(ByteString.copyFromUtf8("large")));
            sleeper.stopReading();
            int asked = 60;
            for (int number = 1; number <= asked; number++) {
                sleeper.send(ALL, sleeper.sign(HandmadeClient.unordered(number, get)));
            }
            for (int call = 0; call < 30; call++) {
                client.execute(put("k", "v" + call));
            }
            cluster.await(
                    "all its requests executed",
                    PATIENCE,
                    () -> cluster.statuses().stream().allMatch(status -> status.executorDepth() == 0));
            sleeper.readAgain();
            sleeper.askUntil(reply -> reply.number() == asked + 1, HandmadeClient.unordered(asked + 1, get));
            assertThat(sleeper.answers().size())
                    .as("replies beyond what the queues hold were dropped")
                    .isLessThan(ALL.size() * asked);
            cluster.awaitEqualStates(PATIENCE);
            assertNobodyLeftTheView(cluster);
        }
    }

    @Test
    void thousandsOfSessionsOfOneClientEvictItsOwnOnly() throws Exception {
        try (var cluster = LocalCluster.start(options(), new Counters());
                var hoarder = new HandmadeClient(cluster);
                var client = cluster.client()) {
            assertThat(client.execute("counter")).isEqualTo(1L);
            long bundlesBefore = client.statistics().bundles();
            int each = 250;
            for (int bundle = 0; bundle < 8; bundle++) {
                var openings = new Request[each];
                for (int index = 0; index < each; index++) {
                    openings[index] = HandmadeClient.opening(bundle * each + index + 1);
                }
                hoarder.send(ALL, hoarder.sign(openings));
                long last = (bundle + 1L) * each;
                hoarder.await("sessions", reply -> reply.outcome() == Outcome.SESSION_OPENED && reply.number() == last);
            }
            assertThat(client.execute("counter")).isEqualTo(2L);
            assertThat(client.statistics().bundles())
                    .as("its session is still there: it opened no other")
                    .isEqualTo(bundlesBefore + 1);
            cluster.awaitEqualStates(PATIENCE);
            assertThat(cluster.statuses()).allMatch(status -> status.executor().sessions() == 16 + 1);
            assertNobodyLeftTheView(cluster);
        }
    }

    @Test
    void aHugeRequestIsRefusedClearlyAndTheClientGoesOn() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            ByteString huge = ByteString.copyFrom(new byte[(1 << 20) + 1]);
            assertThatThrownBy(() -> client.execute(new KeyValueRequest.Put(ByteString.copyFromUtf8("k"), huge)))
                    .isInstanceOf(SmrException.RequestTooLarge.class);
            assertThat(client.execute(put("k", "1"))).isEqualTo(new KeyValueReply.Value(Optional.empty()));
        }
    }

    @Test
    void aHugeFrameEndsItsConnectionAndNothingElse() throws Exception {
        try (var cluster = LocalCluster.start(options(), new Counters());
                var giant = new HandmadeClient(
                        cluster, network -> network.withLimits(network.limits().withClientFrame(8 << 20)));
                var client = cluster.client()) {
            SessionId session = giant.open(ALL, 1);
            giant.send(ALL, giant.sign(HandmadeClient.ordered(session, 1, new byte[5 << 20])));
            cluster.await(
                    "the end of its connections",
                    PATIENCE,
                    () -> giant.connected().isEmpty());
            assertThat(client.execute("counter")).isEqualTo(1L);
            assertThat(giant.answers()).noneMatch(answer -> answer.reply().outcome() == Outcome.EXECUTED);
            assertNobodyLeftTheView(cluster);
        }
    }

    @Test
    void aSignedBundleSentAgainMuchLaterIsAnsweredAndNotExecutedTwice() throws Exception {
        try (var cluster = LocalCluster.start(options(), new Counters());
                var repeater = new HandmadeClient(cluster);
                var client = cluster.client()) {
            SessionId session = repeater.open(ALL, 1);
            RequestBundle bundle = repeater.sign(HandmadeClient.ordered(session, 1, COUNT));
            repeater.send(ALL, bundle);
            repeater.await("execution", reply -> reply.outcome() == Outcome.EXECUTED);
            assertThat(client.execute("counter")).isEqualTo(2L);
            int before = repeater.answers().size();
            repeater.send(ALL, bundle);
            cluster.await("answers again", PATIENCE, () -> repeater.answers().size() > before);
            assertThat(repeater.answers().getLast().reply().result())
                    .isEqualTo(repeater.answers().stream()
                            .filter(answer -> answer.reply().outcome() == Outcome.EXECUTED)
                            .findFirst()
                            .orElseThrow()
                            .reply()
                            .result());
            assertThat(client.execute("counter")).isEqualTo(3L);
        }
    }

    @Test
    void aLostRefusalIsRepeatedToTheClientThatAsksAgain() throws Exception {
        try (var cluster = LocalCluster.start(options(), new Counters());
                var client = new HandmadeClient(cluster)) {
            SessionId nowhere = new SessionId(1, 77);
            client.open(ALL, 1);
            RequestBundle bundle = client.sign(HandmadeClient.ordered(nowhere, 1, COUNT));
            client.send(ALL, bundle);
            client.await("expiry", reply -> reply.outcome() == Outcome.EXPIRED);
            cluster.awaitEqualStates(PATIENCE);
            long first = expired(client);
            client.send(ALL, bundle);
            cluster.await("it is said again", PATIENCE, () -> expired(client) >= first + 2);
            assertThat(client.answers().stream()
                            .map(HandmadeClient.Answer::reply)
                            .filter(reply -> reply.outcome() == Outcome.EXPIRED)
                            .distinct())
                    .as("all say the same, now and then")
                    .hasSize(1);
        }
    }

    private static long expired(HandmadeClient client) {
        return client.answers().stream()
                .filter(answer -> answer.reply().outcome() == Outcome.EXPIRED)
                .count();
    }

    @Test
    void aLinearizableReadSeesWhatWasAnsweredBeforeItToWhomever() throws Exception {
        var options = options().client(client -> client.withLinearizableReads(true));
        try (var cluster = LocalCluster.start(options, new KeyValueStore());
                var writer = cluster.client();
                var reader = cluster.client()) {
            // One of the others is behind most of the time.
            cluster.links()
                    .delay((from, to) -> from.equals(new ReplicaId(0)) && to.equals(new ReplicaId(3))
                            ? Duration.ofMillis(20)
                            : Duration.ZERO);
            for (int call = 0; call < 40; call++) {
                writer.execute(put("k", "v" + call));
                assertThat(reader.executeUnordered(get("k"))).isEqualTo(value("v" + call));
            }
        }
    }

    // ---- helpers ----

    /** So patient that a busy machine costs nobody the view, which is what most of these tests look at. */
    private static LocalCluster.Options options() {
        return LocalCluster.Options.of(4)
                .over(LocalCluster.Security.PLAINTEXT)
                .requests(config -> config.withRequestTimeout(Duration.ofSeconds(5)));
    }

    private static UnaryOperator<PreProcessingConfig> quota(int requests) {
        return config -> new PreProcessingConfig(
                config.workers(),
                config.inboxPerWorker(),
                config.requestsPerBatch(),
                config.bytesPerBatch(),
                config.bundlesPerBatch(),
                requests,
                config.pendingBytesPerClient(),
                config.pendingBytes(),
                config.pendingBytesPerPeer(),
                config.timedPerClient(),
                config.requestTimeout());
    }

    private static void assertNobodyLeftTheView(LocalCluster<?, ?, ?> cluster) throws Exception {
        assertThat(cluster.statuses())
                .allMatch(status -> status.orchestrator().ordering().view() == 0
                        && status.orchestrator().ordering().active());
    }

    private static KeyValueRequest put(String key, String value) {
        return new KeyValueRequest.Put(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(value));
    }

    private static KeyValueRequest get(String key) {
        return new KeyValueRequest.Get(ByteString.copyFromUtf8(key));
    }

    private static KeyValueReply value(String value) {
        return new KeyValueReply.Value(Optional.of(ByteString.copyFromUtf8(value)));
    }
}
