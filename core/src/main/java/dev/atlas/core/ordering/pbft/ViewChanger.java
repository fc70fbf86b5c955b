package dev.atlas.core.ordering.pbft;

import dev.atlas.core.crypto.Signed;
import dev.atlas.core.crypto.Verified;
import dev.atlas.core.message.Batches;
import dev.atlas.core.message.NewView;
import dev.atlas.core.message.OrderingMessage.FetchBatches;
import dev.atlas.core.message.OrderingMessage.FetchViewChanges;
import dev.atlas.core.message.OrderingMessage.SignedNewView;
import dev.atlas.core.message.OrderingMessage.SignedViewChange;
import dev.atlas.core.message.OrderingMessage.Status;
import dev.atlas.core.message.ViewChange;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Action.Misbehaviour;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.TimerKey;
import dev.atlas.core.ordering.ViewChangeCause;
import dev.atlas.core.ordering.pbft.viewchange.NewViewDecision;
import dev.atlas.core.ordering.pbft.viewchange.ViewChangeRules;
import dev.atlas.net.crypto.Digest;
import dev.atlas.net.identity.ReplicaId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Replaces a primary (TOCS'02, section 4.4), with signed VIEW-CHANGEs.
 *
 * <p>Which digest a slot gets is decided by {@link NewViewDecision}; here is who says what, and when. Keeps the newest VIEW-CHANGE of each sender and
 * those that the NEW-VIEWs at hand name, the one entered last and one of each primary.
 */
final class ViewChanger {

    /** Settles a slot that no replica of a quorum has prepared (condition B). */
    private static final Digest NULL_BATCH = Batches.NULL.digest();

    private static final int DECISIONS_PER_HALVING = 16;

    /** Between two view changes for the sake of one former learner: at first, and at most. It doubles, and begins anew after the longest. */
    private static final Duration FIRST_ADMISSION_PAUSE = Duration.ofMinutes(1);

    private static final Duration LONGEST_ADMISSION_PAUSE = Duration.ofHours(1);

    /** Beyond any sensible ratio of cap to timeout. */
    private static final int MOST_DOUBLINGS = 20;

    private final PbftState state;
    private final NormalCase normalCase;
    private final Checkpointer checkpointer;
    private final Map<ReplicaId, Verified<ViewChange>> newest = new TreeMap<>();

    /** Named by those in {@link #pending} or by the NEW-VIEW of the active view, by hash. */
    private final Map<Digest, Verified<ViewChange>> support = new LinkedHashMap<>();

    /** The newest NEW-VIEW of each primary whose VIEW-CHANGEs are not all here: a bogus one is in nobody's way but its sender's. */
    private final Map<ReplicaId, Verified<NewView>> pending = new TreeMap<>();

    /** Members that have said that they learn, since they were admitted last. */
    private final Set<ReplicaId> learners = new TreeSet<>();

    private final Map<ReplicaId, Admission> admissions = new TreeMap<>();

    /** What {@link #openView} has asked for since the timer fired. */
    private final Set<Digest> batchesAsked = new HashSet<>();

    private final Set<Digest> bodiesAsked = new HashSet<>();
    private boolean isRetrying;

    /** The NEW-VIEW of the view that was active last; none in view 0. */
    private @Nullable Verified<NewView> entered;

    private boolean timerStarted;

    private long enteredNanos;

    /**
     * Patience: views that were left, less what progress has earned since. Each doubles the timeout. One that was left for a former learner's sake had not failed: in
     * an idle system, where nothing earns any patience back, each disk that is lost would make the next crash of a primary last twice as long.
     */
    private int failedViews;

    /** Whether anything but null batches joined the log since patience was looked at. */
    private boolean hasServed;

    ViewChanger(PbftState state, NormalCase normalCase, Checkpointer checkpointer) {
        this.state = state;
        this.normalCase = normalCase;
        this.checkpointer = checkpointer;
    }

    /**
     * A slot has joined the log in the active view. What is decided behind a gap serves nobody yet.
     *
     * <p>Patience shrinks at every {@value #DECISIONS_PER_HALVING}th sequence number: were it gone at once, a network slower than the first timeout would lose each
     * view after its first decision. It grows and shrinks by views and sequence numbers alone, which all replicas share: were each to go by its own clock, the less
     * patient would leave views that the others still wait in.
     *
     * <p>Null batches serve nobody. A primary that is short of memory proposes them on its way to the next checkpoint, and needs the time of several rounds before
     * it comes to a request.
     */
    void progressed(Slot slot) {
        hasServed |= !NULL_BATCH.equals(slot.decided);
        if (!slot.fixed && slot.sequence % DECISIONS_PER_HALVING == 0) {
            if (hasServed) {
                failedViews /= 2;
            }
            hasServed = false;
        }
    }

    /**
     * A request was not answered in time. After failed views the current one gets as much longer as the timeout has been doubled, or a
     * network slower than the first timeout would never see a view last. That others are served meanwhile earns it nothing: it may be this one that the primary
     * does not want to order.
     *
     * <p>A replica that is {@linkplain PbftState#isBehind behind} does not judge the primary: others have what it waits for, and outside the view it would be missed.
     *
     * @param overdue since when it should have been answered, for a view that none has failed before
     */
    void requestTimedOut(long view, Duration overdue) {
        if (state.active && view == state.view && !state.isBehind() && overdue.compareTo(respite()) >= 0) {
            leaveFor(state.view + 1, ViewChangeCause.PRIMARY_TIMED_OUT);
        }
    }

    /** By how much the doubled timeout is longer than the first. */
    private Duration respite() {
        return timeout().minus(state.config.viewTimeout());
    }

    /** A learner leads the view, and proposes nothing: one that came back without its disk, or one that says so. */
    void learnerLeads() {
        requestTimedOut(state.view, Duration.ofNanos(state.now.nanos() - enteredNanos));
    }

    void viewTimerFired(long view) {
        if (view == state.view && !state.active) {
            leaveFor(state.view + 1, ViewChangeCause.NEW_VIEW_TIMED_OUT);
        }
    }

    /** A learner that is ready to vote may have promised not to do so in the view that it is in. */
    void askForNext() {
        if (state.active) {
            leave(state.view + 1, ViewChangeCause.FORMER_LEARNER);
        }
    }

    /** A learner only follows. */
    private void leaveFor(long view, ViewChangeCause cause) {
        if (state.voter && view > state.view) {
            leave(view, cause);
        }
    }

    /** Votes no more in the view that it is in, but still accepts checkpoints and decisions. */
    private void leave(long view, ViewChangeCause cause) {
        if (state.active) {
            returnOwnProposals();
        }
        if (cause != ViewChangeCause.FORMER_LEARNER) {
            loseViewsUpTo(view);
        }
        state.act(new Action.StopTimer(new TimerKey.ViewTimer(state.view)));
        state.view = view;
        state.active = false;
        timerStarted = false;
        Verified<ViewChange> own = state.signer.sign(new ViewChange(
                state.epoch(), view, state.stable, state.certificate, preparedEntries(), prePreparedEntries()));
        state.persist(new LogRecord.ViewChanging(own.signed()));
        state.act(new Action.LeaveView(view, cause));
        state.broadcast(new SignedViewChange(own.signed()));
        state.act(new Action.StartTimer(new TimerKey.ViewChangeResend(), state.config.viewTimeout()));
    }

    private void loseViewsUpTo(long view) {
        failedViews = (int) Math.min(MOST_DOUBLINGS, failedViews + (view - state.view));
    }

    void resend() {
        if (state.active) {
            return;
        }
        own().ifPresent(own -> state.broadcast(new SignedViewChange(own.signed())));
        state.act(new Action.StartTimer(new TimerKey.ViewChangeResend(), timeout()));
        // After a restart the own one may have been all that was missing, and is not new any more when it comes back.
        startTimer();
        openView();
    }

    /** What others asked for meanwhile was not followed. */
    void becameVoter() {
        join();
    }

    void viewChange(Verified<ViewChange> viewChange) {
        Optional<String> invalid = ViewChangeRules.invalid(state.membership, state.config.window(), viewChange);
        if (invalid.isPresent()) {
            state.report(viewChange.signer(), Misbehaviour.INVALID_VIEW_CHANGE);
            return;
        }
        boolean isNew = isAwaited(viewChange) && support.put(viewChange.signed().hash(), viewChange) == null;
        isNew |= keepNewest(viewChange);
        admit(viewChange);
        if (!isNew) {
            return; // what follows walks whole windows
        }
        considerPending();
        join();
        startTimer();
        openView();
    }

    /** False if it is the newest already, or older. */
    private boolean keepNewest(Verified<ViewChange> viewChange) {
        Verified<ViewChange> known = newest.get(viewChange.signer());
        long view = viewChange.content().newView();
        if (known == null || known.content().newView() < view) {
            newest.put(viewChange.signer(), viewChange);
            return true;
        }
        if (known.content().newView() == view
                && !known.signed().hash().equals(viewChange.signed().hash())) {
            state.report(viewChange.signer(), Misbehaviour.EQUIVOCATION);
        }
        return false;
    }

    /** A member that is a learner will ask for a view to vote in, unless it comes to one without asking. */
    void heard(ReplicaId member, Status status) {
        if (status.learner()) {
            learners.add(member);
        } else if (status.active() && status.view() == state.view) {
            learners.remove(member);
        }
    }

    /**
     * @param pause that must pass before the next
     */
    private record Admission(long nanos, Duration pause) {

        boolean isOver(Duration pause, long nowNanos) {
            return nowNanos - nanos >= pause.toNanos();
        }

        Admission next(long nowNanos) {
            Duration doubled = pause.multipliedBy(2);
            return new Admission(
                    nowNanos,
                    isOver(LONGEST_ADMISSION_PAUSE, nowNanos)
                            ? FIRST_ADMISSION_PAUSE
                            : doubled.compareTo(LONGEST_ADMISSION_PAUSE) < 0 ? doubled : LONGEST_ADMISSION_PAUSE);
        }
    }

    /**
     * A member that was a learner votes from the next view on ({@link Apprenticeship}), and goes there with all others. One that says so again and again, to change
     * views, is heard more and more rarely; until a request times out, when a quorum asks for another view with it. What it has said goes to all: said to some
     * only, it could take those out of the view, and leave the others in need of its own vote.
     */
    private void admit(Verified<ViewChange> viewChange) {
        ReplicaId member = viewChange.signer();
        long now = state.now.nanos();
        Admission last = admissions.get(member);
        if (state.voter
                && state.active
                && viewChange.content().newView() > state.view
                && learners.contains(member)
                && (last == null || last.isOver(last.pause(), now))) {
            learners.remove(member);
            admissions.put(member, last == null ? new Admission(now, FIRST_ADMISSION_PAUSE) : last.next(now));
            state.membership.ids().forEach(id -> state.send(id, new SignedViewChange(viewChange.signed())));
            leaveFor(state.view + 1, ViewChangeCause.FORMER_LEARNER);
        }
    }

    /** f + 1 others ask for views above mine: one of them is correct, and I ask for the smallest of those. */
    private void join() {
        List<Long> above = newest.values().stream()
                .filter(other -> !other.signer().equals(state.self))
                .map(other -> other.content().newView())
                .filter(view -> view > state.view)
                .sorted()
                .toList();
        if (above.size() >= state.quorums.weakQuorum()) {
            leaveFor(above.getFirst(), ViewChangeCause.OTHERS_ASKED);
        }
    }

    /** Runs once a quorum, this replica included, has asked for this view or a higher one: before that a new primary owes nothing. */
    private void startTimer() {
        if (state.active || timerStarted) {
            return;
        }
        long asking = newest.values().stream()
                .filter(asked -> asked.content().newView() >= state.view)
                .count();
        if (asking >= state.quorums.quorum()) {
            timerStarted = true;
            state.act(new Action.StartTimer(new TimerKey.ViewTimer(state.view), timeout()));
        }
    }

    /** As the new primary: chooses as soon as the VIEW-CHANGEs permit a choice for every slot. */
    void openView() {
        if (state.active || !state.voter || !state.isPrimary()) {
            return;
        }
        List<Verified<ViewChange>> asked = newest.values().stream()
                .filter(viewChange -> viewChange.content().newView() == state.view)
                .toList();
        if (asked.size() < state.quorums.quorum()) {
            return;
        }
        switch (NewViewDecision.decide(state.membership, state.config.window(), asked, this::batchAtHand, NULL_BATCH)) {
            case NewViewDecision.Decided decided -> issueNewView(asked, decided);
            case NewViewDecision.Waiting waiting -> fetch(asked, waiting.batchesThatWouldHelp());
        }
    }

    /**
     * Enters the view before it says so: what the NEW-VIEW fixes is in this replica's Q before anybody can know of it. Were it to leave for another view in between,
     * only f correct backups might own up to a digest that prepares on its word (n = 3f + 1), one too few for condition A2, and no later view could ever open.
     */
    private void issueNewView(List<Verified<ViewChange>> asked, NewViewDecision.Decided decided) {
        NewView content = new NewView(
                state.epoch(),
                state.view,
                asked.stream()
                        .map(viewChange -> new NewView.Reference(
                                viewChange.signer(), viewChange.signed().hash()))
                        .toList(),
                decided.stable(),
                decided.choices());
        Verified<NewView> newView = state.signer.sign(content);
        enter(newView, asked);
        state.broadcast(new SignedNewView(newView.signed()));
        if (asked.stream().anyMatch(this::isCrowded)) {
            normalCase.proposeToCheckpoint();
        }
    }

    /**
     * Whether its Q has several digests for many slots. Each view of a primary that proposes different batches to each of us can add one, and only a stable
     * checkpoint removes any: in an idle system Q would outgrow what a VIEW-CHANGE may list, and its owner could leave no view any more.
     */
    private boolean isCrowded(Verified<ViewChange> viewChange) {
        return viewChange.content().prePrepared().size() > state.config.window();
    }

    /** A3 needs batch and bodies: the null batch has none. */
    private boolean batchAtHand(Digest digest) {
        return digest.equals(NULL_BATCH)
                || state.batches.find(digest).filter(BatchTable.Entry::held).isPresent();
    }

    /**
     * Asks those who claim a batch in their Q for it, and for its bodies once it is here: once until the timer fires, since each answer is a reason to look again at
     * what is still missing.
     */
    private void fetch(Collection<Verified<ViewChange>> asked, List<Digest> batches) {
        for (Digest digest : batches) {
            List<ReplicaId> claimants = new ArrayList<>();
            for (Verified<ViewChange> viewChange : asked) {
                viewChange.content().prePrepared().stream()
                        .filter(entry -> entry.digest().equals(digest))
                        .forEach(entry -> {
                            state.slot(entry.sequence());
                            state.name(entry.sequence(), digest);
                            claimants.add(viewChange.signer());
                        });
            }
            Optional<Action> awaited =
                    state.batches.find(digest).flatMap(entry -> entry.await(false)); // f + 1 vouch for it
            if (awaited.isPresent()) {
                if (bodiesAsked.add(digest)) {
                    state.act(awaited.get());
                    state.act(new Action.FetchBodies(digest, claimants));
                }
            } else if (batchesAsked.add(digest)) {
                claimants.forEach(claimant -> state.send(claimant, new FetchBatches(List.of(digest))));
            }
        }
        retryLater();
    }

    /** Not later because something else is asked for meanwhile. */
    private void retryLater() {
        if (!isRetrying) {
            isRetrying = true;
            state.act(new Action.StartTimer(new TimerKey.FetchRetry(), state.config.statusInterval()));
        }
    }

    void newView(Verified<NewView> newView) {
        NewView content = newView.content();
        if (isPassed(content) || content.view() == 0) {
            return;
        }
        if (!newView.signer().equals(state.membership.primary(content.view()))) {
            state.report(newView.signer(), Misbehaviour.NOT_PRIMARY);
            return;
        }
        long senders = content.viewChanges().stream()
                .map(NewView.Reference::sender)
                .filter(state.membership::contains)
                .distinct()
                .count();
        if (senders < state.quorums.quorum() || senders != content.viewChanges().size()) {
            refuse(newView); // nothing that it names needs to be fetched to know that
            return;
        }
        Verified<NewView> known = pending.get(newView.signer());
        if (known == null || known.content().view() < content.view()) {
            pending.put(newView.signer(), newView);
            forgetSupport();
            considerPending();
            if (pending.containsValue(newView)) {
                fetchMissing(newView);
            }
        }
    }

    /** Asks again for what the NEW-VIEW at hand or our own choice still misses. */
    void retryFetch() {
        isRetrying = false;
        batchesAsked.clear();
        bodiesAsked.clear();
        considerPending();
        pending.values().forEach(this::fetchMissing);
        openView();
    }

    private boolean isPassed(NewView newView) {
        return newView.view() < state.view || (newView.view() == state.view && state.active);
    }

    private void considerPending() {
        for (Verified<NewView> candidate : List.copyOf(pending.values())) {
            if (isPassed(candidate.content())) {
                pending.remove(candidate.signer(), candidate);
            } else {
                consider(candidate);
            }
        }
    }

    /**
     * Asks for the VIEW-CHANGEs that a NEW-VIEW names and that are not here: when it comes, and then by the timer only. Several are asked, and each sends
     * all that it has: were each answer a reason to ask for the rest, there would be more of them after every round trip.
     */
    private void fetchMissing(Verified<NewView> candidate) {
        List<NewView.Reference> missing = candidate.content().viewChanges().stream()
                .filter(reference -> find(reference).isEmpty())
                .toList();
        FetchViewChanges fetch = new FetchViewChanges(candidate.content().view(), missing);
        state.send(candidate.signer(), fetch);
        missing.forEach(reference -> state.send(reference.sender(), fetch));
        retryLater();
    }

    private void consider(Verified<NewView> candidate) {
        List<Verified<ViewChange>> named = candidate.content().viewChanges().stream()
                .flatMap(reference -> find(reference).stream())
                .toList();
        if (named.size() < candidate.content().viewChanges().size()) {
            return;
        }
        pending.remove(candidate.signer(), candidate);
        if (isPermitted(candidate, named)) {
            enter(candidate, named);
            return;
        }
        refuse(candidate);
    }

    /**
     * If the primary that is waited for is faulty, the next is asked for. Any other bogus NEW-VIEW moves nobody: one replica must not change views, and nobody asks
     * for a view before a quorum has asked for the one before ({@link Apprenticeship} rests on that).
     */
    private void refuse(Verified<NewView> newView) {
        state.report(newView.signer(), Misbehaviour.INVALID_NEW_VIEW);
        if (!state.active && timerStarted && newView.content().view() == state.view) {
            leaveFor(state.view + 1, ViewChangeCause.INVALID_NEW_VIEW);
        }
    }

    /** A backup checks that each choice is permitted, not that it is the one it would make. */
    private boolean isPermitted(Verified<NewView> newView, List<Verified<ViewChange>> named) {
        NewView content = newView.content();
        return named.stream().allMatch(viewChange -> viewChange.content().newView() == content.view())
                && NewViewDecision.notPermitted(
                                state.membership,
                                state.config.window(),
                                named,
                                content.stable(),
                                content.choices(),
                                NULL_BATCH)
                        .isEmpty();
    }

    private void enter(Verified<NewView> newView, List<Verified<ViewChange>> named) {
        NewView content = newView.content();
        if (state.active) {
            returnOwnProposals();
        }
        named.stream()
                .filter(viewChange -> viewChange.content().stable() == content.stable())
                .findFirst()
                .flatMap(viewChange -> viewChange.content().certificate())
                .ifPresent(certificate -> checkpointer.received(newView.signer(), certificate));
        state.persist(new LogRecord.ViewEntered(
                newView.signed(), named.stream().map(Verified::signed).toList()));
        state.act(new Action.StopTimer(new TimerKey.ViewTimer(state.view)));
        state.act(new Action.StopTimer(new TimerKey.ViewChangeResend()));
        loseViewsUpTo(content.view());
        state.view = content.view();
        state.votedView = content.view();
        state.active = true;
        enteredNanos = state.now.nanos();
        entered = newView;
        keepOnly(named);
        state.inFlight.clear();
        state.slots.values().forEach(Slot::enterView);
        state.act(new Action.EnterView(state.view));
        fixSlots(content);
        state.slots.values().forEach(state::releaseUnneeded);
    }

    void start() {
        enteredNanos = state.now.nanos();
    }

    /** The view as it was before a restart: the newest that this replica entered, or the one that it asked for since. */
    void restoreView(Optional<LogRecord.ViewEntered> last, Optional<Signed<ViewChange>> own) {
        last.ifPresent(opened -> {
            entered = new Verified<>(opened.newView());
            keepOnly(opened.viewChanges().stream().map(Verified::new).toList());
            state.view = opened.newView().content().view();
            state.votedView = state.view;
        });
        own.filter(asked -> asked.content().newView() > state.view).ifPresent(asked -> {
            newest.put(state.self, new Verified<>(asked));
            state.view = asked.content().newView();
            state.active = false;
        });
    }

    /** Says what the restored view demands; once the votes in it are restored too. */
    void resume() {
        if (!state.active) {
            state.act(new Action.LeaveView(state.view, ViewChangeCause.RESTARTED));
            resend();
        } else if (entered != null) {
            if (entered.signer().equals(state.self)) {
                if (isInQ(entered.content())) {
                    // It was durable, and may not have left.
                    state.broadcast(new SignedNewView(entered.signed()));
                } else if (state.voter) {
                    // It has not left, and what was fetched for it may be lost.
                    leaveFor(state.view + 1, ViewChangeCause.RESTARTED);
                    return;
                }
            }
            state.act(new Action.EnterView(state.view));
            long next = state.nextSequence;
            fixSlots(entered.content());
            state.nextSequence = Math.max(next, state.nextSequence);
        }
    }

    /** Whether this replica has entered all that it fixes: until then the own NEW-VIEW does not leave. */
    private boolean isInQ(NewView content) {
        return choices(content).entrySet().stream().allMatch(choice -> {
            Slot slot = state.slots.get(choice.getKey());
            return slot != null && slot.prePrepared.getOrDefault(choice.getValue(), -1L) >= content.view();
        });
    }

    private void fixSlots(NewView content) {
        choices(content).forEach((sequence, digest) -> {
            normalCase.fix(sequence, digest);
            if (digest.equals(NULL_BATCH)) {
                normalCase.supplied(Batches.NULL);
            }
        });
        long last = content.stable() + content.choices().size();
        state.nextSequence = Math.max(Math.max(last, state.stable), state.log.head()) + 1;
    }

    /** What a NEW-VIEW fixes, by sequence number; what is stable here needs no agreement any more. */
    private SortedMap<Long, Digest> choices(NewView content) {
        SortedMap<Long, Digest> open = new TreeMap<>();
        long sequence = content.stable();
        for (Digest digest : content.choices()) {
            sequence++;
            if (sequence > state.stable) {
                open.put(sequence, digest);
            }
        }
        return open;
    }

    private void returnOwnProposals() {
        if (!state.isPrimary()) {
            return;
        }
        for (long sequence : state.inFlight) {
            Slot slot = state.slots.get(sequence);
            if (slot != null) {
                // Q and not what was accepted: a proposal that is not durable yet has not come back to be accepted.
                slot.prePrepared.forEach((digest, view) -> {
                    if (view == state.view) {
                        state.batches.batch(digest).ifPresent(batch -> state.act(new Action.ReturnBatch(batch)));
                    }
                });
            }
        }
    }

    private void keepOnly(List<Verified<ViewChange>> named) {
        support.clear();
        named.forEach(viewChange -> support.put(viewChange.signed().hash(), viewChange));
        newest.values().removeIf(viewChange -> viewChange.content().newView() <= state.view);
    }

    private List<ViewChange.Prepared> preparedEntries() {
        List<ViewChange.Prepared> entries = new ArrayList<>();
        for (Slot slot : state.slots.tailMap(state.stable, false).values()) {
            if (slot.prepared != null) {
                entries.add(slot.prepared);
            }
        }
        return entries;
    }

    private List<ViewChange.PrePrepared> prePreparedEntries() {
        List<ViewChange.PrePrepared> entries = new ArrayList<>();
        for (Slot slot : state.slots.tailMap(state.stable, false).values()) {
            slot.prePrepared.forEach(
                    (digest, view) -> entries.add(new ViewChange.PrePrepared(slot.sequence, digest, view)));
        }
        return entries;
    }

    private boolean isAwaited(Verified<ViewChange> viewChange) {
        return pending.values().stream()
                .map(Verified::content)
                .filter(newView -> newView.view() == viewChange.content().newView())
                .anyMatch(newView -> newView.viewChanges()
                        .contains(new NewView.Reference(
                                viewChange.signer(), viewChange.signed().hash())));
    }

    /** Keeps what is named by the NEW-VIEWs at hand. */
    private void forgetSupport() {
        Set<Digest> named = new HashSet<>();
        pending.values()
                .forEach(newView -> newView.content().viewChanges().forEach(reference -> named.add(reference.hash())));
        if (entered != null) {
            entered.content().viewChanges().forEach(reference -> named.add(reference.hash()));
        }
        support.keySet().retainAll(named);
    }

    private Optional<Verified<ViewChange>> find(NewView.Reference reference) {
        Verified<ViewChange> supporting = support.get(reference.hash());
        Verified<ViewChange> latest = newest.get(reference.sender());
        Verified<ViewChange> found =
                supporting == null && latest != null && latest.signed().hash().equals(reference.hash())
                        ? latest
                        : supporting;
        return Optional.ofNullable(found)
                .filter(viewChange -> viewChange.signer().equals(reference.sender()));
    }

    private Duration timeout() {
        Duration doubled = state.config.viewTimeout().multipliedBy(1L << failedViews);
        return doubled.compareTo(state.config.viewTimeoutCap()) > 0 ? state.config.viewTimeoutCap() : doubled;
    }

    /** The own VIEW-CHANGE while it is pending. */
    Optional<Verified<ViewChange>> own() {
        return Optional.ofNullable(newest.get(state.self))
                .filter(own -> own.content().newView() == state.view && !state.active);
    }

    /** The NEW-VIEW of the active view; empty in view 0. */
    Optional<Signed<NewView>> entered() {
        return Optional.ofNullable(entered).filter(newView -> state.active).map(Verified::signed);
    }

    List<ReplicaId> heldFor(long view) {
        return newest.values().stream()
                .filter(viewChange -> viewChange.content().newView() == view)
                .map(Verified::signer)
                .toList();
    }

    /** Those of the references that are here. */
    List<Signed<ViewChange>> find(List<NewView.Reference> references) {
        return references.stream()
                .map(this::find)
                .flatMap(Optional::stream)
                .map(Verified::signed)
                .toList();
    }

    boolean isWaiting() {
        return !state.active || !pending.isEmpty();
    }
}
