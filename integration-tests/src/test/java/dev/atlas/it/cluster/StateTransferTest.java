package dev.atlas.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.core.application.DivisibleState.PartDescriptor;
import dev.atlas.core.client.SmrClient;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.wire.Decoded;
import dev.atlas.core.wire.OrderingCodec;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.exec.divisible.SingleThreadedDivisibleExecutor;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.ModuleId;
import dev.atlas.replica.config.StartMode;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Replicas that have missed more than any log holds, or have forgotten everything. */
@Timeout(120)
class StateTransferTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final ReplicaId LIAR = new ReplicaId(0);
    private static final ReplicaId SILENT = new ReplicaId(2);

    /** Checkpoints so close together that a few operations outrun every log. */
    private static LocalCluster.Options options() {
        return LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(4));
    }

    @Test
    void aReplicaThatWasAwayBeyondEveryLogFetchesTheStateAndThenAnotherMayFail() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            beAway(cluster, client, 3);
            awaitTransferred(cluster, client, 3);
            cluster.kill(1);
            assertThat(client.execute(get("k40"))).isEqualTo(value("v"));
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void aReplicaThatHasForgottenEverythingBecomesAVoterAndThenAnotherMayFail() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            write(client, 0, 40);
            cluster.kill(2);
            write(client, 40, 80);
            restart(cluster, 2);
            awaitVoter(cluster, 2);
            cluster.kill(3);
            assertThat(client.execute(get("k70"))).isEqualTo(value("v"));
            write(client, 80, 90);
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void withNobodyAskingForAnythingALearnerBecomesAVoterAllTheSame() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k"));
            cluster.kill(2);
            restart(cluster, 2);
            awaitVoter(cluster, 2);
        }
    }

    @Test
    void aPrimaryThatHasForgottenEverythingIsReplacedAndBecomesAVoter() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            client.execute(put("k"));
            cluster.kill(0);
            restart(cluster, 0);
            awaitVoter(cluster, 0);
            assertThat(client.execute(get("k"))).isEqualTo(value("v"));
        }
    }

    @Test
    void everyReplicaInTurnMayForgetEverything() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            write(client, 0, 30);
            for (int number = 0; number < 4; number++) {
                cluster.kill(number);
                restart(cluster, number);
                awaitVoter(cluster, number);
                client.execute(put("round" + number));
            }
            assertThat(client.execute(get("k7"))).isEqualTo(value("v"));
            cluster.awaitEqualStates(PATIENCE);
        }
    }

    @Test
    void aSourceOfWrongPartsIsNotBelieved() throws Exception {
        lyingSource(answer -> answer instanceof TransferMessage.Parts parts
                ? new TransferMessage.Parts(parts.sequence(), parts.first(), parts.count(), flipped(parts.bytes()))
                : answer);
    }

    @Test
    void aSourceOfPartsOfAnotherStateIsNotBelieved() throws Exception {
        lyingSource(answer -> answer instanceof TransferMessage.Parts parts
                ? new TransferMessage.Parts(parts.sequence() + 4, parts.first(), parts.count(), parts.bytes())
                : answer);
    }

    @Test
    void aSourceOfWrongDescriptorsIsNotBelieved() throws Exception {
        lyingSource(answer -> answer instanceof TransferMessage.Described described
                ? new TransferMessage.Described(enormous(described.descriptor()))
                : answer);
    }

    @Test
    void aSourceThatPretendsToBeFarAheadIsNotBelieved() throws Exception {
        lyingSource(answer -> answer instanceof TransferMessage.StateOffer offer
                ? new TransferMessage.StateOffer(new CheckpointCertificate(
                        List.of(offer.certificate().checkpoints().getFirst())))
                : answer);
    }

    @Test
    void aSourceThatNeverDeliversIsReplaced() throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            beAway(
                    cluster,
                    client,
                    3,
                    () -> cluster.links()
                            .add((from, to, module, payload) -> from.equals(LIAR) && module == ModuleId.STATE_TRANSFER
                                    ? Optional.empty()
                                    : Optional.of(payload)));
            awaitTransferred(cluster, client, 3);
        }
    }

    /** The log comes while the state is on its way: the state would throw the replica back, and waiting for it keeps the replica from executing. */
    @Test
    void aStateThatTheLogHasOvertakenMeanwhileIsNeitherTakenNorWaitedFor() throws Exception {
        AtomicBoolean logWithheld = new AtomicBoolean(true);
        List<String> outcomes = new CopyOnWriteArrayList<>();
        try (RecordingStream recorder = new RecordingStream();
                var cluster = LocalCluster.start(
                        LocalCluster.Options.of(4).ordering(ordering -> ordering.withCheckpointPeriod(20)),
                        new KeyValueStore());
                var client = cluster.client()) {
            recorder.enable("atlas.StateTransfer");
            recorder.onEvent("atlas.StateTransfer", event -> outcomes.add(event.getString("outcome")));
            recorder.startAsync();
            cluster.links().add((from, to, module, payload) -> {
                if (!to.equals(new ReplicaId(3))) {
                    return Optional.of(payload);
                }
                if (logWithheld.get()
                        && module == ModuleId.PROTOCOL
                        && OrderingCodec.decode(payload.duplicate())
                                instanceof Decoded.Value<OrderingMessage>(OrderingMessage.DecidedClaims claims)) {
                    long beyond = claims.first() + claims.digests().size() + 100;
                    return Optional.of(
                            OrderingCodec.encode(new OrderingMessage.DecidedClaims(claims.epoch(), beyond, List.of())));
                }
                return module == ModuleId.STATE_TRANSFER && isPart(payload) ? Optional.empty() : Optional.of(payload);
            });
            beAway(cluster, client, 3);
            cluster.await(
                    "it asks for a state",
                    PATIENCE,
                    () -> status(cluster, 3).orElseThrow().orchestrator().needsState());
            logWithheld.set(false);
            cluster.await(
                    "the log closes the gap, and no part of the state has come",
                    PATIENCE,
                    () -> status(cluster, 3).orElseThrow().executor().executed() >= 56);
            cluster.await(
                    "the transfer ends",
                    PATIENCE,
                    () -> !status(cluster, 3).orElseThrow().orchestrator().needsState());
            write(client, 60, 64);
            cluster.awaitEqualStates(PATIENCE);
            recorder.stop();
            assertThat(outcomes).contains("overtaken by the log").doesNotContain("installed");
        }
    }

    private static boolean isPart(ByteBuffer payload) {
        return TransferCodec.decode(payload.duplicate())
                instanceof Decoded.Value<TransferMessage>(TransferMessage.Parts ignored);
    }

    @Test
    void aStateOfManyPartsIsFetchedFromAllWhileTheOthersGoOn() throws Exception {
        try (var cluster = LocalCluster.start(
                        options(), new KeyValueStore(), SingleThreadedDivisibleExecutor.of(new KeyValueStore()));
                var client = cluster.client()) {
            ByteString large = ByteString.copyFrom(new byte[8 * 1024]);
            IntStream.range(0, 400)
                    .mapToObj(number ->
                            client.submit(new KeyValueRequest.Put(ByteString.copyFromUtf8("large" + number), large)))
                    .toList()
                    .forEach(CompletableFuture::join);
            AtomicInteger sources = sources(cluster);
            beAway(cluster, client, 3, () -> {});
            awaitTransferred(cluster, client, 3);
            assertThat(Integer.bitCount(sources.get())).isGreaterThan(1);
        }
    }

    private static AtomicInteger sources(LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster) {
        AtomicInteger sources = new AtomicInteger();
        cluster.links().add((from, to, module, payload) -> {
            if (module == ModuleId.STATE_TRANSFER
                    && from instanceof ReplicaId source
                    && TransferCodec.decode(payload.duplicate())
                            instanceof Decoded.Value<TransferMessage>(TransferMessage.Parts ignored)) {
                sources.accumulateAndGet(1 << source.number(), (left, right) -> left | right);
            }
            return Optional.of(payload);
        });
        return sources;
    }

    /** One correct source is silent: without it, the liar has to be listened to. */
    private static void lyingSource(Function<TransferMessage, TransferMessage> lie) throws Exception {
        try (var cluster = LocalCluster.start(options(), new KeyValueStore());
                var client = cluster.client()) {
            AtomicInteger lies = new AtomicInteger();
            beAway(
                    cluster,
                    client,
                    3,
                    () -> cluster.links().add((from, to, module, payload) -> {
                        if (from.equals(SILENT) && module == ModuleId.STATE_TRANSFER) {
                            return Optional.empty();
                        }
                        if (from.equals(LIAR)
                                && module == ModuleId.STATE_TRANSFER
                                && TransferCodec.decode(payload.duplicate())
                                        instanceof Decoded.Value<TransferMessage>(TransferMessage honest)) {
                            TransferMessage said = lie.apply(honest);
                            lies.addAndGet(said.equals(honest) ? 0 : 1);
                            return Optional.of(TransferCodec.encode(said));
                        }
                        return Optional.of(payload);
                    }));
            awaitTransferred(cluster, client, 3);
            assertThat(lies).as("the source was asked").hasPositiveValue();
        }
    }

    private static void beAway(
            LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster,
            SmrClient<KeyValueRequest, KeyValueReply> client,
            int number)
            throws Exception {
        beAway(cluster, client, number, () -> {});
    }

    private static void beAway(
            LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster,
            SmrClient<KeyValueRequest, KeyValueReply> client,
            int number,
            Runnable beforeReturn)
            throws Exception {
        write(client, 0, 6);
        Set<ReplicaId> others = Set.of(new ReplicaId(0), new ReplicaId(1), new ReplicaId(2));
        cluster.links().partition(Set.of(new ReplicaId(number)), others);
        write(client, 6, 60);
        beforeReturn.run();
        cluster.links().reconnect();
    }

    /** Until the replica has executed what it has never seen decided. */
    private static void awaitTransferred(
            LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster,
            SmrClient<KeyValueRequest, KeyValueReply> client,
            int number)
            throws Exception {
        cluster.await(
                "the state",
                PATIENCE,
                () -> status(cluster, number)
                        .map(status -> status.executor().executed() >= 56
                                && !status.orchestrator().needsState())
                        .orElse(false));
        write(client, 60, 64);
        cluster.awaitEqualStates(PATIENCE);
    }

    private static void awaitVoter(LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster, int number)
            throws Exception {
        cluster.await(
                "a voter",
                PATIENCE,
                () -> status(cluster, number)
                        .map(status -> !status.orchestrator().ordering().learner())
                        .orElse(false));
    }

    private static Optional<ReplicaStatus> status(
            LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster, int number)
            throws InterruptedException {
        var replica = cluster.replica(number);
        return replica.isPresent() ? Optional.of(replica.get().status()) : Optional.empty();
    }

    private static void restart(LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster, int number) {
        cluster.links().heal();
        cluster.start(number, StartMode.LEARNER);
    }

    private static void write(SmrClient<KeyValueRequest, KeyValueReply> client, int from, int to) throws Exception {
        for (int number = from; number < to; number++) {
            client.submit(put("k" + number)).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static ByteString flipped(ByteString bytes) {
        byte[] wrong = bytes.toByteArray();
        wrong[wrong.length / 2] ^= 1;
        return ByteString.copyFrom(wrong);
    }

    /** Believed, it would make its reader allocate what it says. */
    private static StateDescriptor enormous(StateDescriptor honest) {
        return new StateDescriptor(
                honest.sequence(),
                honest.chain(),
                honest.timeMillis(),
                honest.membership(),
                List.of(new PartDescriptor(ByteString.copyFromUtf8("all"), Digest.ZERO, Long.MAX_VALUE)),
                honest.sessions());
    }

    private static KeyValueRequest put(String key) {
        return new KeyValueRequest.Put(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8("v"));
    }

    private static KeyValueRequest get(String key) {
        return new KeyValueRequest.Get(ByteString.copyFromUtf8(key));
    }

    private static KeyValueReply value(String value) {
        return new KeyValueReply.Value(Optional.of(ByteString.copyFromUtf8(value)));
    }
}
