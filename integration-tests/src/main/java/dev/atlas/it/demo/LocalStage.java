package dev.atlas.it.demo;

import dev.atlas.core.client.SmrClient;
import dev.atlas.exec.state.KeyValueReply;
import dev.atlas.exec.state.KeyValueRequest;
import dev.atlas.exec.state.KeyValueState;
import dev.atlas.exec.state.KeyValueStore;
import dev.atlas.it.cluster.LocalCluster;
import dev.atlas.net.env.Environment;
import java.time.Duration;
import java.util.List;

/** All replicas in this process, and nothing on disk: who is killed stays away. */
final class LocalStage implements Stage {

    private final LocalCluster<KeyValueState, KeyValueRequest, KeyValueReply> cluster;
    private final SmrClient<KeyValueRequest, KeyValueReply> client;

    LocalStage(DemoOptions options) {
        KeyValueStore store = new KeyValueStore();
        this.cluster = LocalCluster.start(
                LocalCluster.Options.of(options.replicas()),
                store,
                options.executor().of(store));
        this.client = cluster.client();
    }

    @Override
    public String describe() {
        return "in one process";
    }

    @Override
    public Environment environment() {
        return cluster.environment();
    }

    @Override
    public SmrClient<KeyValueRequest, KeyValueReply> client() {
        return client;
    }

    @Override
    public int leader() throws InterruptedException {
        return cluster.leader();
    }

    @Override
    public List<Integer> running() {
        return cluster.running().stream().map(replica -> replica.id().number()).toList();
    }

    @Override
    public void killOne(int number) {
        cluster.kill(number);
    }

    @Override
    public List<String> trials() {
        return List.of();
    }

    @Override
    public void awaitEqualStates(Duration deadline) throws Exception {
        cluster.awaitEqualStates(deadline);
    }

    @Override
    public List<String> states() throws InterruptedException {
        return cluster.statuses().stream()
                .map(status -> status.executor().stateDigest().shortHex() + " at "
                        + status.executor().executed())
                .distinct()
                .toList();
    }

    @Override
    public void close() {
        cluster.close();
    }
}
