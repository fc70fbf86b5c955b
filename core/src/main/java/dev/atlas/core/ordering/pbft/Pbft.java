package dev.atlas.core.ordering.pbft;

import dev.atlas.core.crypto.MessageSigner;
import dev.atlas.core.message.Checkpoint;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.ordering.Action.Misbehaviour;
import dev.atlas.core.ordering.Effects;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.ordering.OrderingProtocol;
import dev.atlas.core.ordering.OrderingStatus;
import dev.atlas.core.ordering.TimerKey;
import dev.atlas.core.types.Membership;
import dev.atlas.net.identity.ReplicaId;
import java.util.List;

/**
 * Pipelined PBFT as a pure state machine: same events, same effects.
 *
 * <p>Safety rests on quorum intersection (any two quorums share a correct replica, {@link dev.atlas.core.types.Quorums}), on one vote per replica,
 * view and slot, and on VIEW-CHANGEs that tell the truth about P and Q of correct replicas. Liveness rests on timeouts that double until
 * they exceed the network's delay (OSDI'99, section 4.5.2).
 */
public final class Pbft implements OrderingProtocol {

    private final PbftState state;
    private final NormalCase normalCase;
    private final Checkpointer checkpointer;
    private final ViewChanger viewChanger;
    private final StatusExchange statusExchange;
    private final Start start;
    private final Apprenticeship apprenticeship;
    private int batchesMissing;

    /**
     * @param signer deterministic, with this replica's key
     * @throws IllegalArgumentException if {@code self} is no member
     */
    public Pbft(ReplicaId self, Membership membership, PbftConfig config, MessageSigner signer, Start start) {
        if (!membership.contains(self)) {
            throw new IllegalArgumentException(self + " is not in the membership " + membership.ids());
        }
        this.start = start;
        state = new PbftState(self, membership, config, signer, start);
        checkpointer = new Checkpointer(state);
        normalCase = new NormalCase(state, this::progressed);
        viewChanger = new ViewChanger(state, normalCase, checkpointer);
        apprenticeship = new Apprenticeship(state);
        statusExchange = new StatusExchange(state, viewChanger, checkpointer, normalCase, apprenticeship);
    }

    @Override
    public Effects handle(OrderingEvent event) {
        state.now = event.now();
        long view = state.view;
        boolean active = state.active;
        long stable = state.stable;
        dispatch(event);
        if (apprenticeship.isReady() && apprenticeship.isBeforeFirstView()) {
            viewChanger.askForNext();
        }
        if (apprenticeship.ends()) {
            checkpointer.becameVoter();
            viewChanger.becameVoter();
            List.copyOf(state.slots.tailMap(state.stable, false).values()).forEach(normalCase::progress);
        }
        if (state.view != view || state.active != active || state.stable != stable) {
            replayFuture();
            if (state.log.head() < state.stable) {
                statusExchange.announceSoon();
            }
        }
        fetchNewlyMissing();
        return state.effects().build();
    }

    private void dispatch(OrderingEvent event) {
        switch (event) {
            case OrderingEvent.Started ignored -> {
                viewChanger.start();
                if (start instanceof Start.Recovered recovered) {
                    new Recovery(state, normalCase, checkpointer, viewChanger).resume(recovered);
                }
                statusExchange.arm();
            }
            case OrderingEvent.Received received -> received(received.from(), received.message());
            case OrderingEvent.CheckpointReceived received -> {
                if (isCurrent(
                        received.checkpoint().signer(),
                        received.checkpoint().content().epoch())) {
                    checkpointer.received(received.checkpoint());
                }
            }
            case OrderingEvent.CertificateReceived received -> certificate(received);
            case OrderingEvent.ViewChangeReceived received -> {
                if (isCurrent(
                        received.viewChange().signer(),
                        received.viewChange().content().epoch())) {
                    viewChanger.viewChange(received.viewChange());
                }
            }
            case OrderingEvent.NewViewReceived received -> {
                if (isCurrent(
                        received.newView().signer(),
                        received.newView().content().epoch())) {
                    viewChanger.newView(received.newView());
                }
            }
            case OrderingEvent.Propose propose -> normalCase.propose(propose.batch());
            case OrderingEvent.MemoryFull ignored -> {
                normalCase.proposeToCheckpoint();
                checkpointer.forgetUndelivered();
            }
            case OrderingEvent.BodiesHeld held -> {
                normalCase.bodiesHeld(held.batch(), held.verified(), held.naming());
                viewChanger.openView();
            }
            case OrderingEvent.TimerFired fired -> timerFired(fired.timer());
            case OrderingEvent.RequestLate late -> {
                if (late.view() == state.view) {
                    statusExchange.announceSoon();
                }
            }
            case OrderingEvent.RequestTimedOut timedOut ->
                viewChanger.requestTimedOut(timedOut.view(), timedOut.overdue());
            case OrderingEvent.CheckpointTaken taken -> {
                state.executed = Math.max(state.executed, taken.sequence());
                checkpointer.taken(taken.sequence(), taken.chain(), taken.state());
                normalCase.deliver();
            }
            case OrderingEvent.PeerUp up -> statusExchange.peerUp(up.peer());
            case OrderingEvent.Installed installed -> install(installed);
            case OrderingEvent.MemoryShort memory -> checkpointer.forget(memory.through());
        }
    }

    private void received(ReplicaId from, OrderingMessage message) {
        switch (message) {
            case OrderingMessage.PrePrepare prePrepare -> {
                if (isCurrent(from, prePrepare.epoch())) {
                    normalCase.prePrepare(from, prePrepare);
                }
            }
            case OrderingMessage.Prepare prepare -> {
                if (isCurrent(from, prepare.epoch())) {
                    normalCase.prepare(from, prepare);
                }
            }
            case OrderingMessage.Commit commit -> {
                if (isCurrent(from, commit.epoch())) {
                    normalCase.commit(from, commit);
                }
            }
            case OrderingMessage.DecidedClaims claims -> {
                if (isCurrent(from, claims.epoch())) {
                    normalCase.claims(from, claims);
                    statusExchange.claimed(from, claims);
                }
            }
            case OrderingMessage.Status status -> {
                if (!from.equals(state.self) && isCurrent(from, status.epoch())) {
                    statusExchange.received(from, status);
                }
            }
            case OrderingMessage.FetchBatches fetch -> {
                if (isCurrent(from, state.epoch())) {
                    statusExchange.fetch(from, fetch);
                }
            }
            case OrderingMessage.FetchedBatch fetched -> {
                if (normalCase.supplied(fetched.batch())) {
                    viewChanger.openView();
                }
            }
            case OrderingMessage.FetchViewChanges fetch -> {
                if (isCurrent(from, state.epoch())) {
                    statusExchange.fetch(from, fetch);
                }
            }
            // Signed kinds arrive verified, as events of their own; bodies, what is asked of bundles, and settings
            // never come here.
            case OrderingMessage.SignedCheckpoint ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.SignedViewChange ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.SignedNewView ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.StableCheckpoint ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.AskDecidedBundles ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.DecidedBundles ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.Settings ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.FetchBodies ignored -> state.report(from, Misbehaviour.MALFORMED);
            case OrderingMessage.Bodies ignored -> state.report(from, Misbehaviour.MALFORMED);
        }
    }

    private void certificate(OrderingEvent.CertificateReceived received) {
        List<Checkpoint> contents = received.certificate().checkpoints().stream()
                .map(signed -> signed.content())
                .toList();
        if (!contents.isEmpty()
                && isCurrent(received.from(), contents.getFirst().epoch())) {
            checkpointer.received(received.from(), received.certificate());
        }
    }

    private void timerFired(TimerKey timer) {
        switch (timer) {
            case TimerKey.ViewTimer view -> viewChanger.viewTimerFired(view.view());
            case TimerKey.ViewChangeResend ignored -> viewChanger.resend();
            case TimerKey.StatusTimer ignored -> statusExchange.timerFired();
            case TimerKey.BodyWait wait -> normalCase.bodyWaitOver(wait.sequence());
            case TimerKey.FetchRetry ignored -> {
                viewChanger.retryFetch();
                statusExchange.fetchMissing();
            }
        }
    }

    @Override
    public boolean wants(CheckpointCertificate certificate) {
        return state.diverged || certificate.content().sequence() > state.log.head();
    }

    private void install(OrderingEvent.Installed installed) {
        Checkpoint content = installed.certificate().content();
        if (wants(installed.certificate())) {
            state.diverged = false;
            checkpointer.replaced();
            state.log.install(content.sequence(), content.chain());
            state.executed = content.sequence();
            checkpointer.received(state.self, installed.certificate());
            state.slots.headMap(content.sequence(), true).clear();
            state.releaseThrough(content.sequence());
            normalCase.deliver(); // what was agreed above the installed state waited for nothing else
        }
    }

    private boolean isCurrent(ReplicaId from, long epoch) {
        if (!state.membership.contains(from)) {
            state.report(from, Misbehaviour.NOT_A_MEMBER);
            return false;
        }
        if (epoch != state.epoch()) {
            state.report(from, Misbehaviour.WRONG_EPOCH);
            return false;
        }
        return true;
    }

    /** Asks at once for a batch that has just become known to be missing; the status timer asks again. */
    private void fetchNewlyMissing() {
        int missing = state.batches.missingCount();
        if (missing > batchesMissing) {
            statusExchange.fetchMissing();
        }
        batchesMissing = missing;
    }

    private void replayFuture() {
        for (FutureMessages.From early : state.future.take()) {
            received(early.sender(), early.message());
        }
    }

    private void progressed(Slot slot) {
        viewChanger.progressed(slot);
    }

    @Override
    public boolean readyForBatch() {
        return normalCase.readyForBatch();
    }

    @Override
    public OrderingStatus status() {
        List<OrderingStatus.SlotStatus> open = state.slots.tailMap(state.log.head(), false).values().stream()
                .limit(64)
                .map(this::describe)
                .toList();
        return new OrderingStatus(
                state.epoch(),
                state.view,
                state.active,
                !state.voter,
                state.primary(),
                state.stable,
                state.log.head(),
                state.inFlight.size(),
                open);
    }

    private OrderingStatus.SlotStatus describe(Slot slot) {
        String phase;
        String awaits;
        if (slot.decided != null) {
            phase = "decided";
            awaits = state.batches.batch(slot.decided).isEmpty() ? "batch" : "bodies, or earlier slots";
        } else if (slot.accepted == null) {
            phase = "open";
            awaits = "proposal";
        } else if (!slot.prePrepareVoted) {
            phase = "pre-prepared";
            awaits = "bodies";
        } else if (!slot.commitIssued) {
            phase = "pre-prepared";
            awaits = "PREPAREs";
        } else {
            phase = "prepared";
            awaits = "COMMITs";
        }
        return new OrderingStatus.SlotStatus(
                slot.sequence, phase, slot.prepares.senders(), slot.commits.senders(), awaits);
    }
}
