package dev.atlas.core.ordering.pbft;

import dev.atlas.core.message.Batch;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.DecidedClaims;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Action.Misbehaviour;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.TimerKey;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Agreement on slots in an active view (OSDI'99, section 4.2): out of order, decided in order.
 *
 * <p>A vote of this replica is only issued here; it is counted when it comes back as an event, which is when it is durable.
 */
final class NormalCase {

    private static final Duration LONGEST_BODY_WAIT = Duration.ofSeconds(1);

    private final PbftState state;
    private final Consumer<Slot> progressed;

    /**
     * @param progressed called with each slot that joins the log while a view is active
     */
    NormalCase(PbftState state, Consumer<Slot> progressed) {
        this.state = state;
        this.progressed = progressed;
    }

    boolean readyForBatch() {
        return mayPropose() && state.inFlight.size() < state.config.pipelineDepth();
    }

    private boolean mayPropose() {
        return state.voter && state.active && state.isPrimary() && state.nextSequence <= state.high();
    }

    /** Gives an idle system slots to decide, a pipeline of them at most, so that checkpoints go on. */
    void proposeNull() {
        if (state.inFlight.isEmpty()) {
            for (int proposed = 0; proposed < state.config.pipelineDepth() && readyForBatch(); proposed++) {
                propose(Batches.NULL);
            }
        }
    }

    /**
     * Proposes null batches up to the next checkpoint, all at once: a pipeline at a time they could take longer than the view has. Beyond a checkpoint that has
     * been proposed it goes only when all is decided: that may be stable soon.
     */
    void proposeToCheckpoint() {
        if (isCheckpointProposed() && !state.inFlight.isEmpty()) {
            return;
        }
        while (mayPropose()) {
            place(Batches.NULL);
            if (isCheckpointProposed()) {
                return;
            }
        }
    }

    private boolean isCheckpointProposed() {
        return (state.nextSequence - 1) % state.config.checkpointPeriod() == 0;
    }

    void propose(Batch batch) {
        if (readyForBatch()) {
            place(batch);
        } else {
            state.act(new Action.ReturnBatch(batch));
        }
    }

    private void place(Batch batch) {
        long sequence = state.nextSequence++;
        state.inFlight.add(sequence);
        state.name(sequence, batch.digest());
        state.supply(batch, true);
        enterQ(state.slot(sequence), batch);
        state.broadcast(new PrePrepare(state.epoch(), state.view, sequence, batch));
    }

    void prePrepare(ReplicaId from, PrePrepare message) {
        long sequence = message.sequence();
        if (message.view() < state.view || sequence <= state.stable) {
            return;
        }
        if (!from.equals(state.membership.primary(message.view()))) {
            state.report(from, Misbehaviour.NOT_PRIMARY);
            return;
        }
        if (message.batch().bundles().size() > state.config.maxBundlesPerBatch()) {
            state.report(from, Misbehaviour.OVERSIZED_BATCH); // first of all: what is early is kept
            return;
        }
        if (message.view() > state.view || !state.active || sequence > state.high()) {
            state.future.add(from, message);
            return;
        }
        Slot slot = state.slot(sequence);
        Optional<Misbehaviour> refusal = refusal(slot, message);
        if (refusal.isPresent()) {
            state.report(from, refusal.get());
        } else if (slot.accepted == null) {
            accept(slot, message.batch());
        }
    }

    /** When a PRE-PREPARE is accepted; nothing of it depends on execution or on other slots. */
    private Optional<Misbehaviour> refusal(Slot slot, PrePrepare message) {
        Batch batch = message.batch();
        if (slot.fixed) {
            return Optional.of(Misbehaviour.FIXED_BY_NEW_VIEW);
        }
        if (slot.accepted != null && !slot.accepted.equals(batch.digest())) {
            return Optional.of(Misbehaviour.EQUIVOCATION);
        }
        long latest = state.now.wallMillis() + state.config.maxDrift().toMillis();
        return batch.timestampMillis() > latest ? Optional.of(Misbehaviour.TIMESTAMP_DRIFT) : Optional.empty();
    }

    private void accept(Slot slot, Batch batch) {
        slot.accepted = batch.digest();
        if (!slot.isDecided()) {
            state.inFlight.add(slot.sequence);
        }
        state.name(slot.sequence, batch.digest());
        state.supply(batch, true);
        awaitBodies(slot, batch.digest());
        progress(slot);
    }

    /** Takes a digest that the NEW-VIEW fixed as this view's proposal. */
    void fix(long sequence, Digest digest) {
        Slot slot = state.slot(sequence);
        slot.fixed = true;
        slot.accepted = digest;
        if (!slot.isDecided()) {
            state.inFlight.add(sequence);
        }
        state.name(sequence, digest);
        awaitBodies(slot, digest);
        progress(slot);
    }

    void prepare(ReplicaId from, Prepare message) {
        if (message.sequence() <= state.stable || message.view() < state.votedView) {
            return;
        }
        if (message.view() > state.votedView || message.sequence() > state.high()) {
            state.future.add(from, message);
            return;
        }
        if (!state.active) {
            return; // a view that was left prepares nothing any more: P has been told
        }
        if (from.equals(state.primary())) {
            state.report(from, Misbehaviour.MALFORMED); // the primary's vote is its proposal
            return;
        }
        count(state.slot(message.sequence()), Kind.PREPARE, from, message.digest());
    }

    void commit(ReplicaId from, Commit message) {
        if (message.view() < state.votedView) {
            return;
        }
        if (message.sequence() <= state.log.head()) {
            // To be sent again to whom it did not reach; those of others are needed no more.
            if (from.equals(state.self) && message.sequence() > state.stable) {
                state.slot(message.sequence()).commits.add(from, message.digest());
            }
            return;
        }
        boolean learnable = state.learnable(message.sequence());
        if (message.view() > state.votedView || (!learnable && message.sequence() > state.high())) {
            state.future.add(from, message);
        } else if (learnable) {
            count(state.slot(message.sequence()), Kind.COMMIT, from, message.digest());
        } // else only a state brings it
    }

    void claims(ReplicaId from, DecidedClaims message) {
        long sequence = message.first();
        for (Digest digest : message.digests()) {
            if (state.learnable(sequence)) {
                count(state.slot(sequence), Kind.CLAIM, from, digest);
            }
            sequence++;
        }
    }

    private void count(Slot slot, Kind kind, ReplicaId from, Digest digest) {
        Votes votes = switch (kind) {
            case PREPARE -> slot.prepares;
            case COMMIT -> slot.commits;
            case CLAIM -> slot.claims;
        };
        switch (votes.add(from, digest)) {
            case COUNTED -> progress(slot);
            case REPEATED -> {}
            case EQUIVOCATION -> state.report(from, Misbehaviour.EQUIVOCATION);
        }
    }

    /** A batch arrived; false if it is not named, or has been here. */
    boolean supplied(Batch batch) {
        Optional<BatchTable.Entry> entry = state.batches.find(batch.digest());
        if (entry.isEmpty() || entry.get().batch().isPresent()) {
            return false;
        }
        state.supply(batch, entry.get().sequences().stream().noneMatch(slot -> isVouchedFor(slot, batch.digest())));
        entry.get().sequences().forEach(sequence -> {
            Slot slot = state.slots.get(sequence);
            if (slot != null) {
                awaitBodies(slot, batch.digest());
                progress(slot);
            }
        });
        return true;
    }

    void bodiesHeld(Digest digest, boolean verified, long naming) {
        if (!state.batches.bodiesHeld(digest, verified, naming)) {
            return;
        }
        state.batches
                .find(digest)
                .ifPresent(entry -> entry.sequences().forEach(sequence -> {
                    Slot slot = state.slots.get(sequence);
                    if (slot != null) {
                        Digest wanted = slot.wanted();
                        if (wanted == null || satisfied(slot, wanted)) {
                            state.act(new Action.StopTimer(new TimerKey.BodyWait(sequence)));
                        } else if (digest.equals(wanted)) {
                            awaitWhatIsNeeded(slot, digest);
                        }
                        progress(slot);
                    }
                }));
    }

    /** Bodies have been waited for: ask those who say that they have them, for longer each time. */
    void bodyWaitOver(long sequence) {
        Slot slot = state.slots.get(sequence);
        if (slot == null) {
            return;
        }
        Digest wanted = slot.wanted();
        if (wanted == null || satisfied(slot, wanted)) {
            return;
        }
        state.batches.find(wanted).ifPresent(entry -> {
            // Again, since there may be room for them now.
            entry.await(!isVouchedFor(slot, wanted)).ifPresent(state::act);
            if (entry.batch().isPresent()) {
                state.act(new Action.FetchBodies(wanted, holders(slot, wanted)));
            }
        });
        startBodyWait(slot);
    }

    /** Members that hold batch and bodies: a PREPARE, COMMIT or claim says so. Once nobody answers, anyone is asked. */
    List<ReplicaId> holders(Slot slot, Digest digest) {
        if (slot.bodyFetches > state.quorums.members()) {
            return List.of();
        }
        List<ReplicaId> holders = new java.util.ArrayList<>(slot.prepares.senders(digest));
        holders.addAll(slot.commits.senders(digest));
        holders.addAll(slot.claims.senders(digest));
        if (slot.accepted != null && slot.accepted.equals(digest) && !slot.fixed) {
            holders.add(state.primary());
        }
        return holders.stream()
                .distinct()
                .filter(holder -> !holder.equals(state.self))
                .toList();
    }

    /** Moves a slot as far as it goes: vote, prepared, decided; then everything that is next in order. */
    void progress(Slot slot) {
        if (state.active && state.voter && slot.accepted != null && slot.sequence > state.stable) {
            vote(slot, slot.accepted);
            prepared(slot, slot.accepted);
        }
        decide(slot);
        deliver();
    }

    private void vote(Slot slot, Digest digest) {
        if (slot.isDecided() && !digest.equals(slot.decided)) {
            return; // no view may undo what is decided, whatever it rests on
        }
        Optional<BatchTable.Entry> entry = state.batches.find(digest);
        if (slot.prePrepareVoted || entry.isEmpty() || !mayVote(slot, digest, entry.get())) {
            return;
        }
        slot.prePrepareVoted = true;
        if (state.isPrimary() && !slot.fixed) {
            return; // its Q entry went before its PRE-PREPARE
        }
        entry.get().batch().ifPresent(batch -> enterQ(slot, batch));
        if (!state.isPrimary()) {
            state.broadcast(new Prepare(state.epoch(), state.view, slot.sequence, digest));
        }
    }

    /**
     * Signature checks guard the first PREPAREs only. What is decided, and what a NEW-VIEW fixes (condition A2: f + 1 members vouch for it), has passed those of a
     * correct replica, and counts by digest alone: no two crypto providers may disagree about history.
     */
    private boolean mayVote(Slot slot, Digest digest, BatchTable.Entry entry) {
        return entry.batch().isPresent() && (entry.verified() || (isVouchedFor(slot, digest) && entry.held()));
    }

    private static boolean isVouchedFor(Slot slot, Digest digest) {
        return digest.equals(slot.decided) || (slot.fixed && digest.equals(slot.accepted));
    }

    private boolean isVouchedFor(long sequence, Digest digest) {
        Slot slot = state.slots.get(sequence);
        return slot != null && isVouchedFor(slot, digest);
    }

    private void enterQ(Slot slot, Batch batch) {
        slot.prePrepared.put(batch.digest(), state.view);
        state.persist(new LogRecord.PrePrepared(state.view, slot.sequence, batch));
    }

    /** Prepared: the proposal and Q - 1 PREPAREs of distinct members other than the primary. */
    private void prepared(Slot slot, Digest digest) {
        if (slot.commitIssued || !slot.prePrepareVoted || slot.prepares.count(digest) < state.quorums.quorum() - 1) {
            return;
        }
        slot.commitIssued = true;
        slot.prepared = new ViewChange.Prepared(slot.sequence, digest, state.view);
        state.persist(new LogRecord.Prepared(state.view, slot.sequence, digest));
        state.broadcast(new Commit(state.epoch(), state.view, slot.sequence, digest));
    }

    private void decide(Slot slot) {
        if (!slot.isDecided()) {
            slot.commits
                    .agreed(state.quorums.quorum())
                    .or(() -> slot.claims.agreed(state.quorums.weakQuorum()))
                    .ifPresent(digest -> decide(slot, digest));
        }
    }

    private void decide(Slot slot, Digest digest) {
        slot.decided = digest;
        slot.decidedView = state.votedView;
        state.inFlight.remove(slot.sequence);
        BatchTable.Entry entry = state.name(slot.sequence, digest);
        if (!entry.held()) {
            entry.await(false).ifPresent(state::act);
            startBodyWait(slot);
        }
    }

    /** Decides in order: agreement on a later slot waits here for the earlier ones. */
    void deliver() {
        if (state.diverged) {
            return;
        }
        for (Slot next = state.slots.get(state.log.head() + 1);
                next != null && next.decided != null && state.deliverable(next.sequence);
                next = state.slots.get(state.log.head() + 1)) {
            Digest digest = next.decided;
            Optional<BatchTable.Entry> entry = state.batches.find(digest).filter(BatchTable.Entry::held);
            if (entry.isEmpty() || entry.get().batch().isEmpty()) {
                return;
            }
            state.log.append(digest);
            if (state.active) {
                progressed.accept(next);
            }
            state.act(new Action.Decide(
                    next.decidedView, next.sequence, entry.get().batch().get(), state.log.chain()));
            if (next.sequence <= state.stable) {
                state.releaseAllBut(next);
                state.slots.remove(next.sequence); // caught up below the window: only the log remembers it
            }
        }
    }

    private void awaitBodies(Slot slot, Digest digest) {
        if (!satisfied(slot, digest)) {
            awaitWhatIsNeeded(slot, digest);
            startBodyWait(slot);
        }
    }

    /**
     * Bodies that came by digest alone, for a slot that was decided, do not do for a vote on another slot that names them. And what is vouched for must not wait
     * for signatures, or for room, because a mere proposal named it first.
     */
    private void awaitWhatIsNeeded(Slot slot, Digest digest) {
        boolean isVouchedFor = isVouchedFor(slot, digest);
        state.batches
                .find(digest)
                .filter(entry -> entry.held() || isVouchedFor)
                .flatMap(entry -> entry.await(!isVouchedFor))
                .ifPresent(state::act);
    }

    private boolean satisfied(Slot slot, Digest digest) {
        return state.batches
                .find(digest)
                .filter(entry -> mayVote(slot, digest, entry))
                .isPresent();
    }

    private void startBodyWait(Slot slot) {
        Duration wait = state.config.bodyWait().multipliedBy(1L << Math.min(slot.bodyFetches++, 6));
        state.act(new Action.StartTimer(
                new TimerKey.BodyWait(slot.sequence),
                wait.compareTo(LONGEST_BODY_WAIT) > 0 ? LONGEST_BODY_WAIT : wait));
    }

    private enum Kind {
        PREPARE,
        COMMIT,
        CLAIM
    }
}
