package dev.atlas.replica.orchestrator;

import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.ordering.TimerKey;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What lies in the orchestrator's mailbox. Times are read when a letter is opened, not when it was posted. */
sealed interface Letter {

    /**
     * A peer's message that needs no signature check; counts against that peer's inbound budget until opened.
     *
     * @param frameBytes its size on the wire
     */
    record Message(ReplicaId from, OrderingMessage message, int frameBytes) implements Letter {}

    /**
     * A peer's signed message that has passed its check; counts against that peer's inbound budget until opened.
     *
     * @param frameBytes its size on the wire
     */
    record Checked(ReplicaId from, Function<Now, OrderingEvent> event, int frameBytes) implements Letter {}

    /** Something that happened, to be told to the protocol. */
    record Happened(Function<Now, OrderingEvent> event) implements Letter {}

    /**
     * @param generation tells a timer that was stopped or restarted after it fired
     */
    record TimerFired(TimerKey timer, long generation) implements Letter {}

    /** Group {@code number} of the effects, and all before it, are durable. */
    record Durable(long number) implements Letter {}

    /** There is work for the batcher's next batch. */
    record WorkWaiting() implements Letter {}

    /**
     * Requests wait for longer than they should: whoever leads may not have them.
     *
     * @param doubtful what others may know to be decided
     */
    record RequestsLate(long view, List<RequestBundle> bundles, List<Digest> doubtful) implements Letter {}

    /** Whether a certified state that is to be fetched, or is being fetched, would take the place of the present one now. */
    record StateWanted(CheckpointCertificate certificate, CompletableFuture<Boolean> answer) implements Letter {}

    /** Every part of a certified state is here; true answers that it takes the place of the present one, which ordering then goes on from. */
    record StateFetched(CheckpointCertificate certificate, CompletableFuture<Boolean> answer) implements Letter {}

    /** No transfer runs any more. */
    record TransferEnded() implements Letter {}

    record StatusAsked(CompletableFuture<OrchestratorStatus> answer) implements Letter {}

    /** A part of the replica failed in a way that leaves nothing to continue with. */
    record Failed(String part, Throwable cause) implements Letter {}
}
