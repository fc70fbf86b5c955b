package dev.atlas.replica.orchestrator;

import dev.atlas.core.ordering.OrderingStatus;
import java.util.List;
import java.util.Map;

/**
 * What the orchestrator knows of itself at one moment.
 *
 * @param timers running, by name
 * @param awaitingDurability groups of effects whose records are not durable yet
 * @param mailbox letters waiting per lane
 * @param misbehaviour counts of rejected or suspicious input, by peer and kind
 * @param needsState whether this replica fetches a state, because it has fallen below every retained log or its own is wrong
 * @param retainedBytes of bodies and names that batches in the window and retained decisions hold
 * @param proposalsPutOff proposals for which there was no memory; they come again
 */
public record OrchestratorStatus(
        OrderingStatus ordering,
        List<String> timers,
        int awaitingDurability,
        Map<String, Integer> mailbox,
        Map<String, Long> misbehaviour,
        boolean needsState,
        long retainedBytes,
        long proposalsPutOff) {

    public OrchestratorStatus {
        timers = List.copyOf(timers);
        mailbox = Map.copyOf(mailbox);
        misbehaviour = Map.copyOf(misbehaviour);
    }
}
