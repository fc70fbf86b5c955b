package dev.atlas.it.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.atlas.exec.session.SessionLimits;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.replica.config.ReplicaConfig;
import dev.atlas.replica.orchestrator.MonolithicReplica;
import dev.atlas.replica.orchestrator.ReplicaStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator sees of a replica that was given other settings than the others. */
@Timeout(120)
class SettingsDifferTest {

    private static final String EVENT = "atlas.SettingsDiffer";
    private static final int MISTAKEN = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final AtomicBoolean mistaken = new AtomicBoolean(true);
    private final List<RecordedEvent> events = new CopyOnWriteArrayList<>();

    @Test
    void allAreToldWhoRunsWithOtherSettingsUntilThatIsMended() throws Exception {
        try (RecordingStream recorder = new RecordingStream()) {
            recorder.enable(EVENT);
            recorder.onEvent(EVENT, events::add);
            recorder.setReuse(false);
            recorder.startAsync();
            run();
            recorder.stop();
        }
        assertThat(events)
                .as("one at each end")
                .hasSize(6)
                .filteredOn(event -> event.getString("peer").equals(new ReplicaId(MISTAKEN).toString()))
                .hasSize(3)
                .extracting(event -> event.getString("differences"))
                .containsOnly("SessionLimits.window: 512 instead of 1024");
    }

    private void run() throws Exception {
        var options =
                LocalCluster.Options.of(4).over(LocalCluster.Security.IN_MEMORY).replica(this::configured);
        try (var cluster = LocalCluster.start(options, new KeyValueStore());
                var client = cluster.client()) {
            cluster.await(
                    "seen by all",
                    PATIENCE,
                    () -> others(cluster.replica(MISTAKEN).orElseThrow()).size() == 3);
            for (int number = 0; number < MISTAKEN; number++) {
                MonolithicReplica replica = cluster.replica(number).orElseThrow();
                cluster.await(
                        "seen by " + number, PATIENCE, () -> !others(replica).isEmpty());
                assertThat(others(replica))
                        .containsExactly(
                                Map.entry(new ReplicaId(MISTAKEN), "SessionLimits.window: 512 instead of 1024"));
            }
            ByteString key = ByteString.copyFromUtf8("k");
            client.execute(new KeyValueRequest.Put(key, key));
            cluster.kill(MISTAKEN);
            mistaken.set(false);
            cluster.restart(MISTAKEN);
            for (MonolithicReplica replica : cluster.running()) {
                cluster.await("mended", PATIENCE, () -> others(replica).isEmpty());
            }
        }
    }

    private ReplicaConfig configured(ReplicaConfig config) {
        SessionLimits limits = config.sessions();
        return config.self().equals(new ReplicaId(MISTAKEN)) && mistaken.get()
                ? config.withSessions(
                        new SessionLimits(limits.clients(), limits.sessionsPerClient(), 512, limits.results()))
                : config;
    }

    private static Map<ReplicaId, String> others(MonolithicReplica replica) throws InterruptedException {
        ReplicaStatus status = replica.status();
        return status.otherSettings();
    }
}
