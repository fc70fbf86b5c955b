package dev.atlas.replica.orchestrator;

import dev.atlas.core.execution.ExecutorStatus;
import dev.atlas.core.preprocessing.PreProcessingCounters;
import dev.atlas.net.identity.NodeId;
import dev.atlas.net.identity.ReplicaId;
import java.util.Map;
import java.util.Set;

/**
 * Answers "why is it stuck": what the protocol awaits, who is connected, what queues hold, what was rejected.
 *
 * @param waitingBundles in the batcher
 * @param decisionsToExecute between ordering and executor
 * @param executorDepth requests in the executor's channel
 * @param rejected counts of messages dropped on arrival, by reason
 * @param otherSettings members that say that they run with other settings, which must be equal, and what differs
 */
public record ReplicaStatus(
        OrchestratorStatus orchestrator,
        ExecutorStatus executor,
        Set<NodeId> connected,
        int waitingBundles,
        int decisionsToExecute,
        int executorDepth,
        PreProcessingCounters.Snapshot requests,
        Map<String, Long> rejected,
        Map<ReplicaId, String> otherSettings) {

    public ReplicaStatus {
        connected = Set.copyOf(connected);
        rejected = Map.copyOf(rejected);
        otherSettings = Map.copyOf(otherSettings);
    }
}
