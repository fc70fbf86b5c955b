package dev.atlas.core.ordering;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.List;

/** What an ordering protocol asks its shell to do. */
public sealed interface Action {

    record Send(ReplicaId to, OrderingMessage message) implements Action {}

    /** To every other member over the network, and to this replica itself as an event, at this moment and not before. */
    record Broadcast(OrderingMessage message) implements Action {}

    record StartTimer(TimerKey timer, Duration delay) implements Action {}

    record StopTimer(TimerKey timer) implements Action {}

    /**
     * Keep the bodies of this batch until {@link ReleaseBatch}, and report {@link OrderingEvent.BodiesHeld} when all are here. May be
     * asked again with less demanded.
     *
     * @param verified whether signatures must be checked, or digests suffice because the slot is decided
     * @param naming goes into the answer: one for an earlier naming of the same batch says nothing, since the batch has been released in between
     */
    record AwaitBodies(Batch batch, boolean verified, long naming) implements Action {}

    /** Ask peers for what is still missing of an awaited batch; {@code holders} claim to have it, empty means anyone. */
    record FetchBodies(Digest batch, List<ReplicaId> holders) implements Action {}

    /** No retained slot names this batch any more. */
    record ReleaseBatch(Digest batch) implements Action {}

    /** The batch at {@code sequence} is decided; issued in order without gaps, batch and bodies in hand. */
    record Decide(long view, long sequence, Batch batch, Digest chain) implements Action {}

    /** A view became active here (request timers restart). */
    record EnterView(long view) implements Action {}

    /** This replica left {@code view - 1} or an earlier one and waits for {@code view}. */
    record LeaveView(long view, ViewChangeCause cause) implements Action {}

    /** A proposal of this replica will not be decided as proposed; its bundles go back to the batcher unless decided elsewhere. */
    record ReturnBatch(Batch batch) implements Action {}

    record CheckpointStable(long sequence, CheckpointCertificate certificate) implements Action {}

    /** This replica cannot catch up from logs: state transfer is needed up to the certified checkpoint. */
    record NeedState(CheckpointCertificate certificate) implements Action {}

    /** This replica was a learner and votes from now on, above the stable checkpoint. */
    record BecomeVoter(long stable) implements Action {}

    /** A peer broke a rule: counted and reported. */
    record Report(ReplicaId peer, Misbehaviour misbehaviour) implements Action {}

    /** Stop this replica, loudly. */
    record Halt(String reason) implements Action {}

    /** Kinds of rejected or suspicious input. */
    enum Misbehaviour {
        EQUIVOCATION,
        NOT_A_MEMBER,
        NOT_PRIMARY,
        WRONG_EPOCH,
        OVERSIZED_BATCH,
        TIMESTAMP_DRIFT,
        FIXED_BY_NEW_VIEW,
        INVALID_VIEW_CHANGE,
        INVALID_NEW_VIEW,
        INVALID_CERTIFICATE,
        CONTRADICTING_CHECKPOINT,
        EXCESSIVE_FETCH,
        MALFORMED
    }
}
