package dev.atlas.replica.transfer;

import dev.atlas.core.application.DivisibleState.Part;
import dev.atlas.core.execution.StateDescriptor;
import dev.atlas.core.execution.StateInstallation;
import dev.atlas.core.execution.StateTransferPort;
import dev.atlas.core.message.CheckpointCertificate;
import dev.atlas.core.statetransfer.Span;
import dev.atlas.core.statetransfer.TransferMessage;
import dev.atlas.core.types.Quorums;
import dev.atlas.core.wire.TransferCodec;
import dev.atlas.net.concurrent.Mailbox;
import dev.atlas.net.env.Environment;
import dev.atlas.net.identity.ReplicaId;
import dev.atlas.net.stub.OutgoingStub;
import dev.atlas.replica.metrics.StateTransferEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the highest certified state that anyone has: find it, fetch its descriptor, fetch its parts from all at once, check each
 * on arrival, and stream them into the executor, which takes the state whole or not at all. Memory is bounded by the parts that may be open, whatever the
 * state's size.
 *
 * <p>One run at a time. {@link #offer} is for any thread.
 */
public final class StateTransfer {

    private static final Logger LOG = LoggerFactory.getLogger(StateTransfer.class);

    private static final int EVENTS_AT_ONCE = 16;

    /** Late answers and new ones, and what surrounds their parts. */
    private static final int ANSWER_WINDOWS = 3;

    private final Environment environment;
    private final ReplicaId self;
    private final List<ReplicaId> others;
    private final int faults;
    private final OutgoingStub stub;
    private final Predicate<CheckpointCertificate> isCertified;
    private final StateTransferPort executor;
    private final TransferSettings settings;
    private final Mailbox<Event.Lane, Event> events;

    /** Answers of each peer that wait to be looked at: a peer that sends what was not asked for fills its own places only. */
    private final Map<ReplicaId, Places> waiting = new LinkedHashMap<>();

    private final int answersPerPeer;
    private final long answerBytesPerPeer;
    private volatile boolean running;

    public StateTransfer(
            Environment environment,
            ReplicaId self,
            List<ReplicaId> members,
            OutgoingStub stub,
            Predicate<CheckpointCertificate> isCertified,
            StateTransferPort executor,
            TransferSettings settings) {
        this.environment = environment;
        this.self = self;
        this.others = members.stream().filter(member -> !member.equals(self)).toList();
        this.faults = new Quorums(members.size()).faults();
        this.stub = stub;
        this.isCertified = isCertified;
        this.executor = executor;
        this.settings = settings;
        this.answersPerPeer = 2 + 2 * settings.parts().perSource();
        this.answerBytesPerPeer = ANSWER_WINDOWS * settings.parts().perSourceBytes();
        this.events = new Mailbox<>(
                Event.Lane.class, lane -> 1024 + 2 * settings.parts().ahead() + others.size() * answersPerPeer);
        others.forEach(other -> waiting.put(other, new Places(answersPerPeer, answerBytesPerPeer)));
    }

    /** False if nothing is being fetched, or the peer has sent more than it can have been asked for. */
    boolean offer(ReplicaId from, TransferMessage.Answer answer, int bytes) {
        Places places = waiting.get(from);
        if (!running || places == null || !places.take(bytes)) {
            return false;
        }
        if (!events.offer(Event.Lane.ANSWERS, new Event.Arrived(from, answer, bytes))) {
            places.giveBack(bytes);
            return false;
        }
        return true;
    }

    public void close() {
        events.close();
    }

    /**
     * Blocks until a state is installed, or is not needed any more.
     *
     * @return false if the transfer failed and is to be tried again
     * @throws IllegalStateException if a certified state cannot be installed: this replica cannot go on
     */
    public boolean run(CheckpointCertificate needed, StateInstaller installer) throws InterruptedException {
        StateTransferEvent event = new StateTransferEvent();
        event.begin();
        running = true;
        Step step = new Step();
        try (Ticks ticks =
                new Ticks(environment.timers(), settings.parts().patience().dividedBy(8), this::tick)) {
            ticks.start();
            Survey survey = new Survey(step, needed, installer);
            return survey.run() instanceof Survey.Found found
                    && new PartTransfer(step, found, installer, executor, settings.giveUpAfter(), event).run();
        } finally {
            running = false;
            step.forgetDrained();
            event.commit();
        }
    }

    /** None while anything waits that a run has not looked at: when the executor keeps it from looking for long, the places are for what was checked meanwhile. */
    private void tick() {
        if (events.depth(Event.Lane.OWN) == 0) {
            events.offer(Event.Lane.OWN, new Event.Tick());
        }
    }

    /** What the steps of one run share: the way to the peers, and the one queue of what happens. */
    final class Step {

        private final List<Event> drained = new ArrayList<>();

        List<ReplicaId> others() {
            return others;
        }

        /** How many others can be expected to answer: f may be down for good. */
        int expected() {
            return others.size() - faults;
        }

        ReplicaId self() {
            return self;
        }

        TransferSettings settings() {
            return settings;
        }

        long now() {
            return environment.clock().nanoTime();
        }

        /** False if it cannot be sent now; never waits for a peer. */
        boolean send(ReplicaId to, TransferMessage message) {
            return stub.waiting(to) <= settings.mostWaiting() && stub.send(to, TransferCodec.encode(message));
        }

        boolean isCertified(CheckpointCertificate certificate) {
            return isCertified.test(certificate);
        }

        /** Runs a check on the compute pool; its outcome comes as an event. */
        void check(Supplier<Event> check) {
            environment.computePool().execute(() -> events.offer(Event.Lane.OWN, check.get()));
        }

        void post(Event event) {
            events.offer(Event.Lane.OWN, event);
        }

        /** How often {@link #next} would not wait. */
        int waiting() {
            return drained.size() + events.depth(Event.Lane.OWN) + events.depth(Event.Lane.ANSWERS);
        }

        /**
         * Waits for what happens next.
         *
         * @throws InterruptedException also when the replica is being closed
         */
        Event next() throws InterruptedException {
            if (drained.isEmpty() && !events.drain(drained, EVENTS_AT_ONCE)) {
                throw new InterruptedException("closed");
            }
            Event event = drained.removeFirst();
            giveBack(event);
            return event;
        }

        /** Or the places of answers that came behind the last that this run has looked at would be taken for ever. */
        private void forgetDrained() {
            drained.forEach(this::giveBack);
            drained.clear();
        }

        private void giveBack(Event event) {
            if (event instanceof Event.Arrived arrived) {
                Places places = waiting.get(arrived.from());
                if (places != null) {
                    places.giveBack(arrived.bytes());
                }
            }
        }
    }

    static void log(String text, Object... values) {
        LOG.info(text, values);
    }

    /** Something that a run reacts to. */
    sealed interface Event {

        /**
         * @param bytes of its frame
         */
        record Arrived(ReplicaId from, TransferMessage.Answer answer, int bytes) implements Event {}

        /** An offered certificate was checked. */
        record OfferChecked(ReplicaId from, CheckpointCertificate certificate, boolean stands) implements Event {}

        /** The descriptor of a source was checked against the certificate. */
        record DescriptorChecked(ReplicaId from, StateDescriptor descriptor, boolean isGood) implements Event {}

        record PartsChecked(ReplicaId from, long sequence, Span span, Optional<List<Part>> read) implements Event {}

        record InstallationEnded(StateInstallation outcome) implements Event {}

        /** Time has passed. */
        record Tick() implements Event {}

        enum Lane {
            OWN,
            ANSWERS
        }
    }
}
