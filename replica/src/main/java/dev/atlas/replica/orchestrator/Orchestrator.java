package dev.atlas.replica.orchestrator;

import dev.atlas.core.crypto.Verified;
import dev.atlas.core.execution.DecidedBatch;
import dev.atlas.core.message.Batch;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.message.OrderingMessage;
import dev.atlas.core.message.RequestBundle;
import dev.atlas.core.ordering.Action;
import dev.atlas.core.ordering.Effects;
import dev.atlas.core.ordering.LogRecord;
import dev.atlas.core.ordering.Now;
import dev.atlas.core.ordering.OrderingEvent;
import dev.atlas.core.ordering.OrderingProtocol;
import dev.atlas.core.ordering.pbft.PbftConfig;
import dev.atlas.core.preprocessing.RequestPreProcessor;
import dev.atlas.core.storage.PersistentLog;
import dev.atlas.core.types.Invariants;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ReplicaId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Steps the ordering protocol and performs its effects.
 *
 * <p>The one rule that durability rests on is kept in {@link #perform}: a group's records are durable before its actions are performed, and
 * groups are performed in order. An own message reaches the protocol as an event at the moment it leaves for the others.
 */
final class Orchestrator {

    private static final Logger LOG = LoggerFactory.getLogger(Orchestrator.class);
    private static final int LETTERS_PER_TURN = 256;

    /** Groups and actions that wait for the disk, about. A pipeline leaves a small part of that. */
    static final int MOST_WAITING = 4096;

    private final ReplicaId self;
    private final Environment environment;
    private final Mailbox<Lane, Letter> mailbox;
    private final InboundBudget budget;
    private final OrderingProtocol ordering;
    private final PersistentLog log;
    private final PeerOutbox outbox;
    private final RequestPreProcessor requests;
    private final DecisionFeed decisions;
    private final TransferPhase transfers;
    private final ProtocolTimers timers;
    private final InstanceTracer tracer;

    /** Groups whose records are being made durable, in order; with those behind them that wait for their turn. */
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    /** Those groups and their actions. */
    private int waitingSize;

    private long proposalsPutOff;

    private final ArrayDeque<Function<Now, OrderingEvent>> own = new ArrayDeque<>();
    private final CatchUpReport catchUp;
    private final long retainedBytes;
    private final RetainedDecisions retained;
    private final Map<String, Long> misbehaviour = new TreeMap<>();
    private final Thread[] owner = new Thread[1];
    private long groupsIssued;

    Orchestrator(
            ReplicaId self,
            Environment environment,
            Mailbox<Lane, Letter> mailbox,
            InboundBudget budget,
            OrderingProtocol ordering,
            PersistentLog log,
            PeerOutbox outbox,
            RequestPreProcessor requests,
            DecisionFeed decisions,
            TransferPhase transfers,
            CatchUpReport catchUp,
            PbftConfig limits,
            long retainedBytes) {
        this.self = self;
        this.environment = environment;
        this.mailbox = mailbox;
        this.budget = budget;
        this.ordering = ordering;
        this.log = log;
        this.outbox = outbox;
        this.requests = requests;
        this.decisions = decisions;
        this.transfers = transfers;
        this.catchUp = catchUp;
        this.retainedBytes = retainedBytes;
        this.retained = new RetainedDecisions(2 * limits.window() + limits.logRetention());
        this.timers = new ProtocolTimers(environment.timers(), letter -> mailbox.offer(Lane.TIMEOUTS, letter));
        this.tracer = new InstanceTracer(environment.clock());
    }

    /**
     * Runs until the mailbox is closed.
     *
     * @throws ReplicaFailure if the replica must stop
     */
    void run() throws InterruptedException {
        owner[0] = Thread.currentThread();
        List<Letter> letters = new ArrayList<>(LETTERS_PER_TURN);
        try {
            step(OrderingEvent.Started::new);
            catchUp.decided(ordering.status().decided());
            while (mailbox.drainThrough(lastLane(), letters, LETTERS_PER_TURN)) {
                letters.forEach(this::open);
                letters.clear();
                relieve();
                propose();
            }
        } finally {
            timers.stopAll();
        }
    }

    /**
     * While too much waits for the disk, what others send stays in its lanes, and they wait with more: whatever answers it would only wait too, and nothing in it
     * could end the wait. What does, and what stops the replica, comes as CONTROL.
     */
    private Lane lastLane() {
        return waitingSize > MOST_WAITING ? Lane.TIMEOUTS : Lane.PROPOSALS;
    }

    private void open(Letter letter) {
        switch (letter) {
            case Letter.Message message -> {
                budget.giveBack(message.from(), message.frameBytes());
                catchUp.heard(message.from(), message.message());
                if (hasRoomFor(message.message())) {
                    step(now -> new OrderingEvent.Received(now, message.from(), message.message()));
                } else {
                    proposalsPutOff++;
                }
            }
            case Letter.Checked checked -> {
                budget.giveBack(checked.from(), checked.frameBytes());
                step(checked.event());
            }
            case Letter.Happened happened -> step(happened.event());
            case Letter.TimerFired fired -> {
                if (timers.fired(fired)) {
                    step(now -> new OrderingEvent.TimerFired(now, fired.timer()));
                }
            }
            case Letter.Durable durable -> {
                durable(durable.number());
                stepOwn();
            }
            case Letter.WorkWaiting ignored -> {} // an idle primary proposes after every turn
            case Letter.RequestsLate late -> {
                step(now -> new OrderingEvent.RequestLate(now, late.view()));
                requests.offerAgain(outbox.forward(ordering.status().leader(), late.bundles()));
                outbox.askDecided(late.doubtful());
            }
            case Letter.StateWanted asked -> asked.answer().complete(ordering.wants(asked.certificate()));
            case Letter.StateFetched fetched -> fetched.answer().complete(adopt(fetched.certificate()));
            case Letter.TransferEnded ignored -> transfers.ended();
            case Letter.StatusAsked asked -> asked.answer().complete(status());
            case Letter.Failed failed -> throw new ReplicaFailure(failed.part() + " failed", failed.cause());
        }
    }

    /** A proposal for which there is none is as good as lost: its primary sends it again to whoever lacks it. */
    private boolean hasRoomFor(OrderingMessage message) {
        return !(message instanceof OrderingMessage.PrePrepare proposal
                && !proposal.batch().bundles().isEmpty()
                && requests.bodies().isFull());
    }

    /**
     * What is decided and stable is kept for others as long as there is room: they can fetch the state instead. A replica that lacks a state keeps what was decided
     * behind it as long as there is room, too.
     */
    private void relieve() {
        long held = requests.bodies().retainedBytes();
        long excess = held - retainedBytes / 2;
        if (excess > 0) {
            OptionalLong through = retained.forget(excess);
            if (through.isPresent()) {
                step(now -> new OrderingEvent.MemoryShort(now, through.getAsLong()));
            } else if (held > retainedBytes) {
                step(OrderingEvent.MemoryFull::new);
            }
        }
    }

    /**
     * An idle primary proposes at once; a busy one finds more in the batcher when a place becomes free. What lies in the window must stay until it is under a
     * stable checkpoint: when that is too much, nothing but the way to the next checkpoint is proposed.
     */
    private void propose() {
        while (ordering.readyForBatch()) {
            if (requests.bodies().retainedBytes() > retainedBytes) {
                step(OrderingEvent.MemoryFull::new);
                return;
            }
            Optional<Batch> batch = requests.nextBatch(environment.clock().wallMillis());
            if (batch.isEmpty()) {
                return;
            }
            step(now -> new OrderingEvent.Propose(now, batch.get()));
        }
    }

    private void step(Function<Now, OrderingEvent> event) {
        own.add(event);
        stepOwn();
    }

    /** What this replica says to all it says to itself too. */
    private void stepOwn() {
        for (Function<Now, OrderingEvent> next = own.poll(); next != null; next = own.poll()) {
            perform(ordering.handle(next.apply(now())));
        }
    }

    private Now now() {
        return new Now(environment.clock().nanoTime(), environment.clock().wallMillis());
    }

    private void perform(Effects effects) {
        for (Effects.Group group : effects.groups()) {
            if (group.persist().isEmpty() && (waiting.isEmpty() || onlyReports(group))) {
                group.actions().forEach(this::perform);
                continue;
            }
            Waiting entry = new Waiting(++groupsIssued, group.actions());
            waiting.add(entry);
            waitingSize += entry.size();
            if (group.persist().isEmpty()) {
                entry.durable = true;
            } else {
                group.persist().forEach(tracer::record);
                log.append(group.persist(), bodiesOf(group.persist()), () -> reportDurable(entry.number));
            }
        }
    }

    /** They assert nothing, and a member that sends nothing but what is to be reported would fill memory with them while the disk is slow. */
    private static boolean onlyReports(Effects.Group group) {
        return group.actions().stream().allMatch(Action.Report.class::isInstance);
    }

    /** On any thread; a log that completes at once does so on ours. */
    private void reportDurable(long number) {
        if (Thread.currentThread().equals(owner[0])) {
            durable(number);
        } else {
            mailbox.offer(Lane.CONTROL, new Letter.Durable(number));
        }
    }

    private void durable(long number) {
        for (Waiting entry : waiting) {
            if (entry.number > number) {
                break;
            }
            entry.durable = true;
        }
        while (!waiting.isEmpty() && waiting.peek().durable) {
            Waiting entry = waiting.remove();
            waitingSize -= entry.size();
            entry.actions.forEach(this::perform);
        }
    }

    private List<RequestBundle> bodiesOf(List<LogRecord> records) {
        List<RequestBundle> bodies = new ArrayList<>();
        for (LogRecord record : records) {
            if (record instanceof LogRecord.PrePrepared accepted) {
                bodies.addAll(requests.bodies().bundles(accepted.batch()));
            }
        }
        return bodies;
    }

    private void perform(Action action) {
        switch (action) {
            case Action.Send send -> outbox.send(send.to(), send.message());
            case Action.Broadcast broadcast -> {
                outbox.broadcast(broadcast.message());
                own.add(now -> ownEvent(now, broadcast.message()));
            }
            case Action.StartTimer start -> timers.start(start.timer(), start.delay());
            case Action.StopTimer stop -> timers.stop(stop.timer());
            case Action.AwaitBodies await -> requests.bodies().await(await.batch(), await.verified(), await.naming());
            case Action.FetchBodies fetch ->
                outbox.fetchBodies(fetch.holders(), requests.bodies().missing(fetch.batch()));
            case Action.ReleaseBatch release -> requests.release(release.batch());
            case Action.Decide decide -> decide(decide);
            case Action.EnterView enter -> enterView(enter.view());
            case Action.LeaveView leave -> leaveView(leave);
            case Action.ReturnBatch returned -> requests.takeBack(returned.batch());
            case Action.CheckpointStable stable -> {
                tracer.stable(stable.sequence());
                retained.stable(stable.sequence());
                transfers.stable(stable.certificate());
            }
            case Action.BecomeVoter voter ->
                LOG.info("{} has caught up and votes again, above {}", self, voter.stable());
            case Action.NeedState need -> needState(need.certificate());
            case Action.Report report -> misbehaviour.merge(report.peer() + " " + report.misbehaviour(), 1L, Long::sum);
            case Action.Halt halt -> throw new ReplicaFailure(halt.reason(), null);
        }
    }

    private OrderingEvent ownEvent(Now now, OrderingMessage message) {
        return switch (message) {
            case OrderingMessage.SignedCheckpoint checkpoint ->
                new OrderingEvent.CheckpointReceived(now, self, new Verified<>(checkpoint.signed()));
            case OrderingMessage.SignedViewChange viewChange ->
                new OrderingEvent.ViewChangeReceived(now, self, new Verified<>(viewChange.signed()));
            case OrderingMessage.SignedNewView newView ->
                new OrderingEvent.NewViewReceived(now, self, new Verified<>(newView.signed()));
            case OrderingMessage other -> new OrderingEvent.Received(now, self, other);
        };
    }

    private void decide(Action.Decide decide) {
        DecidedBatch batch = new DecidedBatch(
                decide.view(),
                decide.sequence(),
                decide.batch(),
                requests.bodies().bundles(decide.batch()),
                decide.chain());
        tracer.decided(decide);
        retained.decided(decide.sequence(), batch.bundles());
        catchUp.decided(decide.sequence());
        requests.decided(batch);
        if (!batch.bundles().isEmpty()) {
            transfers.ordered();
        }
        Invariants.check(decisions.offer(batch), () -> "decision " + decide.sequence() + " found no place in the feed");
    }

    private void enterView(long view) {
        LOG.info("{} entered view {}", self, view);
        tracer.enteredView(view);
        requests.enterView(view);
    }

    private void leaveView(Action.LeaveView leave) {
        LOG.info("{} left its view and asks for view {}: {}", self, leave.view(), leave.cause());
        tracer.leftView(leave.cause());
        requests.leaveView();
    }

    /** At or below what was decided, it is not a state that is missing: ours is another than the certified one. */
    private void needState(CheckpointCertificate certificate) {
        if (ordering.wants(certificate) && transfers.start(certificate)) {
            LOG.warn(
                    "{} fetches the state at {} or above, because {}",
                    self,
                    sequence(certificate),
                    sequence(certificate) <= ordering.status().decided()
                            ? "its own is not the certified one"
                            : "it has fallen below every log that others retain");
        }
    }

    /** The state and ordering move together or not at all: decisions above it follow it into the feed. */
    private boolean adopt(CheckpointCertificate certificate) {
        if (!ordering.wants(certificate)) {
            return false;
        }
        step(now -> new OrderingEvent.Installed(now, certificate));
        catchUp.decided(ordering.status().decided());
        return true;
    }

    private static long sequence(CheckpointCertificate certificate) {
        return certificate.content().sequence();
    }

    private OrchestratorStatus status() {
        Map<String, Integer> depths = new LinkedHashMap<>();
        for (Lane lane : Lane.values()) {
            depths.put(lane.name(), mailbox.depth(lane));
        }
        return new OrchestratorStatus(
                ordering.status(),
                timers.names(),
                waiting.size(),
                depths,
                misbehaviour,
                transfers.isRunning(),
                requests.bodies().retainedBytes(),
                proposalsPutOff);
    }

    /** Actions that wait for durability. */
    private static final class Waiting {
        private final long number;
        private final List<Action> actions;
        private boolean durable;

        Waiting(long number, List<Action> actions) {
            this.number = number;
            this.actions = actions;
        }

        int size() {
            return 1 + actions.size();
        }
    }
}
