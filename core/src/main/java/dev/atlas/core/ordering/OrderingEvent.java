package dev.atlas.core.ordering;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.ViewChange;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;

/** What happens to an ordering protocol. */
public sealed interface OrderingEvent {

    Now now();

    /** The shell starts; the first event, exactly once. */
    record Started(Now now) implements OrderingEvent {}

    /** An unsigned message from the peer whose channel it came on, or from this replica itself, whose own votes arrive when they are durable. */
    record Received(Now now, ReplicaId from, OrderingMessage message) implements OrderingEvent {}

    /** Own ones included, once durable. {@code from} is who brought it, the signer says who said it. */
    record CheckpointReceived(Now now, ReplicaId from, Verified<Checkpoint> checkpoint) implements OrderingEvent {}

    /** A certificate whose signatures the shell has checked: Q distinct members, equal content. */
    record CertificateReceived(Now now, ReplicaId from, CheckpointCertificate certificate) implements OrderingEvent {}

    record ViewChangeReceived(Now now, ReplicaId from, Verified<ViewChange> viewChange) implements OrderingEvent {}

    record NewViewReceived(Now now, ReplicaId from, Verified<NewView> newView) implements OrderingEvent {}

    /** Order these bundles, all held and verified here; asked only after {@link OrderingProtocol#readyForBatch}. */
    record Propose(Now now, Batch batch) implements OrderingEvent {}

    /**
     * Bodies take up all the room there is: what makes some is the next checkpoint, and nothing but the way there is to be proposed. A replica that has not
     * decided up to the stable checkpoint lets go of what waits under it, and needs the state.
     */
    record MemoryFull(Now now) implements OrderingEvent {}

    /**
     * Every body of an awaited batch is here; answers {@link Action.AwaitBodies}.
     *
     * @param verified whether all signatures were checked too, or only digests
     * @param naming of the action
     */
    record BodiesHeld(Now now, Digest batch, boolean verified, long naming) implements OrderingEvent {}

    record TimerFired(Now now, TimerKey timer) implements OrderingEvent {}

    /** A timed request has waited half its timeout: send STATUS (the shell forwards the request itself). */
    record RequestLate(Now now, long view) implements OrderingEvent {}

    /**
     * A timed request was not answered in time while {@code view} was active: ask for the next view, unless this one may take longer. To be said again and again
     * as long as it holds.
     *
     * @param overdue how long ago the request that has waited longest in this view should have been answered; not negative
     */
    record RequestTimedOut(Now now, long view, Duration overdue) implements OrderingEvent {}

    /** The executor has executed a checkpoint's sequence number, and state or log up to it is durable. */
    record CheckpointTaken(Now now, long sequence, Digest chain, Digest state) implements OrderingEvent {}

    record PeerUp(Now now, ReplicaId peer) implements OrderingEvent {}

    /** Progress of the shell's own transfers: everything up to {@code sequence} is installed. */
    record Installed(Now now, CheckpointCertificate certificate) implements OrderingEvent {}

    /** Decided batches take up too much memory: those up to here that lie under the stable checkpoint are not kept for others any longer. */
    record MemoryShort(Now now, long through) implements OrderingEvent {}
}
