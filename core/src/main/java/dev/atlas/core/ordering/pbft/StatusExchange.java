package dev.atlas.core.ordering.pbft;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.OrderingMessage.Commit;
import dev.atlas.core.message.OrderingMessage.DecidedClaims;
import dev.atlas.core.message.OrderingMessage.FetchBatches;
import dev.atlas.core.message.OrderingMessage.FetchedBatch;
import dev.atlas.core.message.OrderingMessage.OpenSlot;
import dev.atlas.core.message.OrderingMessage.PrePrepare;
import dev.atlas.core.message.OrderingMessage.Prepare;
import dev.atlas.core.message.OrderingMessage.SignedCheckpoint;
import dev.atlas.core.message.OrderingMessage.SignedNewView;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.OrderingMessage.StableCheckpoint;
import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Allowance;
import dev.atlas.core.ordering.TimerKey;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The only retransmission between replicas (after the status messages of TOCS'02, section 5.2): each says what it has, and whoever is ahead answers
 * with its own messages, bounded in size and rate.
 */
final class StatusExchange {

    /** So many rounds without a decision are no coincidence. */
    private static final int ROUNDS_IN_VAIN = 4;

    private static final int SLOTS = 64;
    private static final int BATCHES_PER_FETCH = 64;

    /** A whole window of full batches in a few seconds; more than a member that catches up can use. */
    private static final long FETCHED_BYTES_PER_SECOND = 32L << 20;

    /** What looking for something costs, found or not. */
    private static final int BYTES_PER_LOOK = 128;

    private final PbftState state;
    private final ViewChanger viewChanger;
    private final Checkpointer checkpointer;
    private final NormalCase normalCase;

    /** When each peer was answered last; keyed by members only. */
    private final Map<ReplicaId, Long> answered = new HashMap<>();

    /** Where each member's claims begin that do not reach down to our log; keyed by members only. */
    private final Map<ReplicaId, Long> claimsAbove = new HashMap<>();

    private final Apprenticeship apprenticeship;
    private final Standstill standstill;
    private final Allowance allowance = new Allowance(FETCHED_BYTES_PER_SECOND);
    /** Rounds of STATUS without a decision. */
    private int quietRounds;

    private int fetches;
    private long lastDecided = -1;

    /** Our log's end when somebody was last heard, and since when. */
    private long headAsked = -1;

    private long headAskedNanos;
    private long lastSentNanos;
    private boolean sent;

    StatusExchange(
            PbftState state,
            ViewChanger viewChanger,
            Checkpointer checkpointer,
            NormalCase normalCase,
            Apprenticeship apprenticeship) {
        this.state = state;
        this.viewChanger = viewChanger;
        this.checkpointer = checkpointer;
        this.normalCase = normalCase;
        this.apprenticeship = apprenticeship;
        this.standstill = new Standstill(state);
    }

    /** Sends, asks again for missing batches, and arms the timer: soon while something is outstanding, with backoff while nothing moves. */
    void timerFired() {
        quietRounds = state.log.head() == lastDecided ? Math.min(quietRounds + 1, 8) : 0;
        lastDecided = state.log.head();
        announce();
        fetchMissing();
        standstill.overdue().ifPresent(overdue -> viewChanger.requestTimedOut(state.view, overdue));
        arm();
    }

    void arm() {
        Duration interval = state.config.statusInterval();
        Duration idle = state.config.statusIdleInterval();
        if (isOutstanding()) {
            Duration backedOff = interval.multipliedBy(1L << (Math.max(0, quietRounds - 2) / 2));
            interval = backedOff.compareTo(idle) > 0 ? idle : backedOff;
        } else {
            interval = idle;
        }
        state.act(new Action.StartTimer(new TimerKey.StatusTimer(), interval));
    }

    /** A request is late, or the window moved away above us: ask now, unless we just did. */
    void announceSoon() {
        if (!sent
                || state.now.nanos() - lastSentNanos
                        >= state.config.statusInterval().toNanos() / 2) {
            announce();
        }
    }

    private void announce() {
        sent = true;
        lastSentNanos = state.now.nanos();
        state.broadcast(status());
    }

    boolean isOutstanding() {
        return !state.voter
                || viewChanger.isWaiting()
                || !state.inFlight.isEmpty()
                || state.log.head() < state.stable
                || !state.slots.tailMap(state.log.head(), false).isEmpty();
    }

    Status status() {
        List<OpenSlot> open = Stream.concat(
                        state.slots.tailMap(state.log.head(), false).values().stream(),
                        state.slots.headMap(state.log.head(), true).values().stream()
                                .filter(slot -> slot.commitAwaited && owesCommit(slot)))
                .limit(SLOTS)
                .map(this::open)
                .toList();
        return new Status(
                state.epoch(),
                state.view,
                state.active,
                viewChanger.heldFor(state.view),
                viewChanger.entered().isPresent(),
                state.stable,
                state.log.head(),
                state.log.chain(),
                !state.voter,
                open);
    }

    private OpenSlot open(Slot slot) {
        return new OpenSlot(
                slot.sequence,
                Optional.ofNullable(slot.accepted),
                slot.accepted != null && state.batches.batch(slot.accepted).isPresent(),
                slot.prepares.senders(),
                slot.commits.senders());
    }

    /** Decided here before it was prepared in this view: proposal or PREPAREs are missing. */
    private boolean owesCommit(Slot slot) {
        return state.voter && state.active && slot.sequence > state.stable && slot.isDecided() && !slot.commitIssued;
    }

    void peerUp(ReplicaId peer) {
        if (state.membership.contains(peer)) {
            state.send(peer, status());
        }
    }

    void received(ReplicaId from, Status theirs) {
        apprenticeship.heard(from, theirs);
        viewChanger.heard(from, theirs);
        standstill.heard(from, theirs);
        Long last = answered.get(from);
        if (last != null
                && state.now.nanos() - last < state.config.statusInterval().toNanos() / 2) {
            return;
        }
        answered.put(from, state.now.nanos());
        askIfBehind(from, theirs);
        sayWhatIsMissing(theirs);
        if (theirs.learner()) {
            helpLearner(from);
        }
        if (theirs.stable() < state.stable) {
            state.certificate.ifPresent(proof -> state.send(from, new StableCheckpoint(proof)));
        } else if (theirs.stable() == state.stable) {
            checkpointer.own().forEach(own -> state.send(from, new SignedCheckpoint(own.signed())));
        }
        sendClaims(from, theirs);
        if (theirs.view() < state.view || (theirs.view() == state.view && !theirs.active())) {
            sendView(from);
        } else if (theirs.view() == state.view && state.active) {
            sendVotes(from, theirs);
        }
    }

    /**
     * What would have told us of it was lost, unless it is on its way: without a decision for a while we ask, whatever our own timer says. That is slow where nothing
     * seems to be outstanding, as after a lost proposal, and where nothing has moved for long.
     */
    private void askIfBehind(ReplicaId from, Status theirs) {
        if (state.log.head() != headAsked) {
            headAsked = state.log.head();
            headAskedNanos = state.now.nanos();
        }
        if (hasNews(theirs)
                && state.now.nanos() - headAskedNanos
                        >= state.config.statusInterval().toNanos() / 2) {
            state.send(from, status());
        }
    }

    private boolean hasNews(Status theirs) {
        return theirs.decided() > state.log.head()
                || (isSameView(theirs) && theirs.slots().stream().anyMatch(this::isProposalMissing));
    }

    private boolean isSameView(Status theirs) {
        return state.active && theirs.active() && theirs.view() == state.view;
    }

    /** Where no f + 1 have decided, those who have not may need every COMMIT: one that we owe them depends on what we have not received either. */
    private void sayWhatIsMissing(Status theirs) {
        if (!isSameView(theirs)) {
            return;
        }
        List<Slot> awaited = theirs.slots().stream()
                .filter(open -> open.sequence() > theirs.decided())
                .flatMap(open -> Optional.ofNullable(state.slots.get(open.sequence())).stream())
                .filter(this::owesCommit)
                .toList();
        if (!awaited.isEmpty()) {
            awaited.forEach(slot -> slot.commitAwaited = true);
            announceSoon();
        }
    }

    private boolean isProposalMissing(OpenSlot theirs) {
        Slot ours = state.slots.get(theirs.sequence());
        return theirs.digest().isPresent()
                && state.inWindow(theirs.sequence())
                && (ours == null || (ours.accepted == null && !ours.isDecided()));
    }

    /** A learner becomes a voter by checkpoints, which an idle system does not take; and one that leads would let nobody else propose. */
    private void helpLearner(ReplicaId learner) {
        normalCase.proposeNull();
        if (state.active && learner.equals(state.primary())) {
            viewChanger.learnerLeads();
        }
    }

    /** What they have not decided and we have, from the lowest that we still have. */
    private void sendClaims(ReplicaId to, Status theirs) {
        if (theirs.decided() < state.log.head()) {
            long first = Math.max(theirs.decided() + 1, state.log.first());
            // Empty if a state was installed here and nothing decided since: that too says that only a state reaches
            // down to them.
            state.send(to, new DecidedClaims(state.epoch(), first, state.log.digests(first, SLOTS * 4)));
        }
    }

    private void sendView(ReplicaId to) {
        viewChanger.own().ifPresent(own -> state.send(to, new SignedViewChange(own.signed())));
        viewChanger.entered().ifPresent(newView -> state.send(to, new SignedNewView(newView)));
    }

    private void sendVotes(ReplicaId to, Status theirs) {
        Map<Long, OpenSlot> known = new HashMap<>();
        theirs.slots().forEach(slot -> known.put(slot.sequence(), slot));
        state.slots.tailMap(state.stable, false).values().stream()
                .filter(slot -> slot.sequence > theirs.decided() || known.containsKey(slot.sequence))
                .limit(SLOTS)
                .forEach(slot -> sendVotes(to, slot, Optional.ofNullable(known.get(slot.sequence))));
    }

    private void sendVotes(ReplicaId to, Slot slot, Optional<OpenSlot> theirs) {
        Digest digest = slot.accepted;
        if (digest == null || !state.voter) {
            return;
        }
        if (state.isPrimary() && !slot.fixed && theirs.flatMap(OpenSlot::digest).isEmpty()) {
            state.batches
                    .batch(digest)
                    .ifPresent(
                            batch -> state.send(to, new PrePrepare(state.epoch(), state.view, slot.sequence, batch)));
        }
        if (slot.prepares.has(state.self)
                && theirs.filter(open -> open.prepares().contains(state.self)).isEmpty()) {
            state.send(to, new Prepare(state.epoch(), state.view, slot.sequence, digest));
        }
        if (slot.commits.has(state.self)
                && theirs.filter(open -> open.commits().contains(state.self)).isEmpty()) {
            state.send(to, new Commit(state.epoch(), state.view, slot.sequence, digest));
        }
    }

    void claimed(ReplicaId from, DecidedClaims claims) {
        if (claims.first() > state.log.head() + 1) {
            claimsAbove.put(from, claims.first());
        } else {
            claimsAbove.remove(from);
        }
        claimsAbove.values().removeIf(first -> first <= state.log.head() + 1);
        needState();
    }

    /**
     * Logs of f + 1 members begin above ours: no log reaches down to us, only a state does. Logs begin in different places, so fewer may do and f + 1 not be left
     * that reach down; then nothing is decided here for some rounds, and one is reason enough: a liar gains no more by it than a transfer, which
     * ends early if the log closes the gap after all.
     */
    private boolean isOutOfReach() {
        return claimsAbove.size() >= state.quorums.weakQuorum()
                || (!claimsAbove.isEmpty() && quietRounds >= ROUNDS_IN_VAIN);
    }

    private void needState() {
        if (state.diverged || isOutOfReach()) {
            state.certificate
                    .filter(proof -> state.diverged || state.stable > state.log.head())
                    .ifPresent(proof -> state.act(new Action.NeedState(proof)));
        }
    }

    void fetch(ReplicaId from, FetchBatches fetch) {
        for (Digest digest :
                fetch.digests().stream().distinct().limit(BATCHES_PER_FETCH).toList()) {
            Optional<Batch> batch = state.batches.batch(digest);
            if (!spend(from, batch.map(found -> found.bytes().size()).orElse(0))) {
                return;
            }
            batch.ifPresent(found -> state.send(from, new FetchedBatch(found)));
        }
    }

    void fetch(ReplicaId from, OrderingMessage.FetchViewChanges fetch) {
        for (Signed<ViewChange> viewChange : viewChanger.find(
                fetch.references().stream().limit(state.quorums.members()).toList())) {
            if (!spend(from, viewChange.payload().size())) {
                return;
            }
            state.send(from, new SignedViewChange(viewChange));
        }
    }

    private boolean spend(ReplicaId peer, int bytes) {
        boolean left = allowance.isLeft(peer, state.now.nanos());
        if (left) {
            allowance.spend(peer, state.now.nanos(), BYTES_PER_LOOK + bytes);
        } else {
            state.report(peer, Action.Misbehaviour.EXCESSIVE_FETCH);
        }
        return left;
    }

    /** Asks f + 1 holders, the next ones at each call: at each round, and at once when a slot has just been decided without its batch. */
    void fetchMissing() {
        List<Digest> asked = state.batches.missing(BATCHES_PER_FETCH);
        if (asked.isEmpty()) {
            return;
        }
        List<ReplicaId> holders =
                asked.stream().flatMap(this::holders).distinct().toList();
        List<ReplicaId> others = holders.isEmpty()
                ? state.membership.ids().stream()
                        .filter(id -> !id.equals(state.self))
                        .toList()
                : holders;
        for (int each = Math.min(state.quorums.weakQuorum(), others.size()); each > 0; each--) {
            state.send(others.get(Math.floorMod(fetches++, others.size())), new FetchBatches(asked));
        }
    }

    private Stream<ReplicaId> holders(Digest digest) {
        return state.batches.find(digest).stream()
                .flatMap(entry -> entry.sequences().stream())
                .flatMap(sequence -> Optional.ofNullable(state.slots.get(sequence)).stream())
                .flatMap(slot -> normalCase.holders(slot, digest).stream());
    }
}
